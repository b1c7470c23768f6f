import test from 'ava';
import type { Client } from '../../src/client/client.ts';
import { realClock } from '../../src/core/clock.ts';
import { limit } from '../../src/generator/limit.ts';
import { atFullSpeed, atRate } from '../../src/generator/pace.ts';
import { uniqueValues } from '../../src/generator/unique-values.ts';
import type { Write } from '../../src/history/write.ts';
import { load } from '../../src/runner/load.ts';

const clock = realClock();

/** A client that acknowledges after `ms`, and knows how many writes it had open at most. */
function client(ms: number): Client & { mostOpen: number } {
  let open = 0;
  return {
    mostOpen: 0,
    open: () => Promise.resolve(),
    close: () => Promise.resolve(),
    async write({ seq }) {
      open++;
      this.mostOpen = Math.max(this.mostOpen, open);
      await clock.sleep(ms);
      open--;
      return { outcome: 'ok', error: null, offset: seq, attempts: 1, broker: 1 };
    },
  };
}

function start(options: {
  workers: number;
  inFlight: number;
  count: number;
  ms: number;
  perSecond?: number;
}) {
  const clients = Array.from({ length: options.workers }, () => client(options.ms));
  const writes: Write[] = [];
  const stop = new AbortController();
  const pace =
    options.perSecond === undefined
      ? atFullSpeed()
      : atRate(options.perSecond, options.workers, clock.nowNs());
  const values = uniqueValues({ workers: options.workers, partitions: 1, seed: 1, pace });
  const generator = limit(options.count, values);
  const record = (write: Write) => writes.push(write);
  return {
    clients,
    writes,
    stop,
    load: load({ generator, clients, inFlight: options.inFlight, clock, record, stop: stop.signal }),
  };
}

test('every write of the plan is attempted once and recorded with its times', async (t) => {
  const { writes, load: theLoad } = start({ workers: 3, inFlight: 2, count: 50, ms: 1 });
  await theLoad.run();
  t.is(writes.length, 50);
  t.is(new Set(writes.map((write) => `${write.worker}:${write.seq}`)).size, 50);
  t.true(writes.every((write) => write.invokeNs >= write.intendedNs && write.completeNs! >= write.invokeNs));
});

test('a worker never has more writes outstanding than it may', async (t) => {
  const { clients, load: theLoad } = start({ workers: 2, inFlight: 3, count: 60, ms: 2 });
  await theLoad.run();
  t.deepEqual(
    clients.map((each) => each.mostOpen),
    [3, 3],
  );
});

test('a load that is stopped waits for the answers that are still due', async (t) => {
  const { writes, stop, load: theLoad } = start({ workers: 2, inFlight: 2, count: 1_000_000, ms: 20 });
  const running = theLoad.run();
  await theLoad.invoked(4);
  stop.abort();
  await running;
  t.true(writes.length >= 4);
  t.true(writes.every((write) => write.outcome === 'ok'));
});

test('who waits for a number of writes is released when they are reached, or when the load is over', async (t) => {
  const { load: theLoad } = start({ workers: 1, inFlight: 1, count: 5, ms: 1 });
  const never = theLoad.invoked(1_000);
  await Promise.all([theLoad.run(), theLoad.invoked(3)]);
  await never;
  t.pass();
});

test('an open loop that cannot keep up catches up, and says how far it was behind', async (t) => {
  const { writes, load: theLoad } = start({ workers: 1, inFlight: 1, count: 20, ms: 10, perSecond: 10_000 });
  await theLoad.run();
  t.is(writes.length, 20);
  t.true(theLoad.behindMs() > 50);
});

test('writes that need not be waited for leave timers their turn', async (t) => {
  const stop = new AbortController();
  const instantly: Client = {
    open: () => Promise.resolve(),
    close: () => Promise.resolve(),
    write: () => Promise.resolve({ outcome: 'sent', error: null, offset: null, attempts: 1, broker: 1 }),
  };
  const theLoad = load({
    generator: uniqueValues({ workers: 1, partitions: 1, seed: 1, pace: atFullSpeed() }),
    clients: [instantly],
    inFlight: 8,
    clock,
    record: () => undefined,
    stop: stop.signal,
  });
  // Without its turn this timer would never fire, and the load would never end.
  void clock.sleep(5).then(() => stop.abort());
  await theLoad.run();
  t.pass();
});
