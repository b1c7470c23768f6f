import test from 'ava';
import type { Client, Completion, Value } from '../../src/client/client.ts';
import { realClock } from '../../src/core/clock.ts';
import { scripted, type Step } from '../../src/generator/scripted.ts';
import { ANY_PARTITION } from '../../src/history/value.ts';
import type { Write } from '../../src/history/write.ts';
import { load } from '../../src/runner/load.ts';

/** Calls of a library with several records, and writes that a script does not wait for. */
const clock = realClock();
const OK: Completion = { outcome: 'ok', error: null, offset: 7, attempts: 1, broker: 1 };
const UNKNOWN: Completion = { outcome: 'info', error: 'TIMEOUT', offset: null, attempts: 2, broker: 3 };

/** A worker that answers a write when `answer` is called, in the order in which it was asked. */
function worker() {
  const open: (() => void)[] = [];
  const calls: string[] = [];
  const client: Client = {
    open: () => Promise.resolve(),
    close: () => Promise.resolve(),
    async write({ seq }) {
      calls.push(`write ${seq}`);
      await new Promise<void>((resolve) => open.push(resolve));
      return OK;
    },
    async send(values: readonly Value[]) {
      calls.push(`send ${values.map(({ seq, partition }) => `${seq}>${partition}`).join(' ')}`);
      return values.map((_, index) => (index === 1 ? UNKNOWN : OK));
    },
  };
  return { client, calls, answer: () => open.shift()!() };
}

function loadOf(
  client: Client,
  script: Step[],
  partitionOf?: (worker: number, seq: number) => number | null,
) {
  const writes: Write[] = [];
  const options = { generator: scripted(script), clients: [client], inFlight: 1, clock };
  const theLoad = load({
    ...options,
    ...(partitionOf !== undefined && { partitionOf }),
    record: (write) => writes.push(write),
    stop: new AbortController().signal,
  });
  return { writes, done: theLoad.run(), invoked: (count: number) => theLoad.invoked(count) };
}

const write = (wait: boolean): Step => ({ do: 'write', worker: 0, partition: 0, records: 1, wait });

test('each record of a call is a write, with what became of it', async (t) => {
  const { client, calls } = worker();
  const { writes, done } = loadOf(client, [{ do: 'send', worker: 0, partitions: [2, 0, 1] }]);
  await done;
  t.deepEqual(calls, ['send 0>2 1>0 2>1']);
  t.like(writes, [
    { seq: 0, partition: 2, outcome: 'ok', offset: 7, attempts: 1, broker: 1 },
    { seq: 1, partition: 0, outcome: 'info', error: 'TIMEOUT', offset: null, attempts: 2, broker: 3 },
    { seq: 2, partition: 1, outcome: 'ok', offset: 7 },
  ]);
  t.is(new Set(writes.map(({ invokeNs }) => invokeNs)).size, 1);
});

test('where the library chose the partition the brokers say which it was', async (t) => {
  const { client, calls } = worker();
  const script: Step[] = [{ do: 'send', worker: 0, partitions: [null, null, 1] }];
  const { writes, done } = loadOf(client, script, (_, seq) => (seq === 0 ? 4 : null));
  await done;
  t.deepEqual(calls, [`send 0>${ANY_PARTITION} 1>${ANY_PARTITION} 2>1`]);
  t.deepEqual(
    writes.map(({ partition }) => partition),
    [4, 0, 1],
  );
});

test('a worker is free again when all that it has under way is answered', async (t) => {
  const { client, calls, answer } = worker();
  const { writes, done, invoked } = loadOf(client, [write(false), write(true), write(true)]);
  await invoked(2);
  t.deepEqual(calls, ['write 0', 'write 1']);
  answer();
  await clock.sleep(5);
  t.deepEqual(calls, ['write 0', 'write 1'], 'one of two is still under way');
  answer();
  await invoked(3);
  t.deepEqual(calls, ['write 0', 'write 1', 'write 2']);
  answer();
  await done;
  t.is(writes.length, 3);
});
