import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { OWN_CLIENT } from '../../../src/client/kafkajs/prepared.ts';
import { realClock, startOf } from '../../../src/core/clock.ts';
import { loadInProcesses } from '../../../src/run/load-processes/processes.ts';
import { scenarioSchema } from '../../../src/scenario/schema.ts';
import { virtualClock } from '../../../src/core/virtual-clock.ts';
import { createDecoder } from '../../../src/history/value.ts';
import { fakeBroker } from '../../client/fake-broker.ts';
import { collected } from './collected.ts';

/** Processes that write to a broker of a few lines, and the history that they come to. */
const KEPT = resolve('bin/kept.js');
const TOPIC = 'audit';

async function sharing(
  t: { teardown(undo: () => Promise<void>): void },
  load: { count?: number; workers: number; recordsPerRequest?: number },
  processes: number,
  options: { silenceMaxMs?: number } = {},
) {
  const broker = await fakeBroker();
  const directory = mkdtempSync(join(tmpdir(), 'kept-load-'));
  const scenario = scenarioSchema.parse({ load: { ratePerSecond: null, ...load }, producer: { acks: 1 } });
  const clock = realClock();
  const reach = { endpoint: { brokers: [broker.address] }, connectionTimeoutMs: 10_000, client: OWN_CLIENT };
  const plan = { run: 'r', scenario, seed: 1, directory, processes };
  const apart = loadInProcesses(plan, { clock, reach }, TOPIC, { program: KEPT, ...options });
  t.teardown(async () => {
    await apart.close();
    await broker.close();
    rmSync(directory, { recursive: true });
  });
  await apart.open();
  const { sinks, ...told } = collected();
  return { broker, directory, clock, apart, ...told, load: () => apart.load(sinks) };
}

const nameOf = ({ worker, seq }: { worker: number | null; seq: number | null }) => `${worker}:${seq}`;

/** What stands in the broker's log, by name. */
function namesIn(log: readonly string[]): string[] {
  const decode = createDecoder({ run: 'r', topic: TOPIC });
  return log.map((value) => nameOf(decode(0, Buffer.from(value))));
}

test('the processes write what one would have written, and their histories become one', async (t) => {
  t.timeout(60_000);
  const { broker, directory, clock, writes, events, load } = await sharing(
    t,
    { count: 2_000, workers: 5, recordsPerRequest: 7 },
    3,
  );
  const theLoad = load();
  const beganNs = clock.nowNs();
  await Promise.all([theLoad.run(), theLoad.invoked(500)]);
  t.is(writes.length, 2_000);
  const names = writes.map(nameOf);
  t.is(new Set(names).size, 2_000);
  t.deepEqual(namesIn(broker.log).toSorted(), names.toSorted());
  const logged = namesIn(broker.log);
  t.true(writes.every((write) => write.outcome === 'ok' && logged[write.offset!] === nameOf(write)));
  const times = writes.map(({ completeNs }) => completeNs!);
  t.deepEqual(
    times,
    times.toSorted((one, other) => one - other),
  );
  t.true(writes.every(({ invokeNs, completeNs }) => invokeNs >= beganNs && invokeNs < completeNs!));
  t.true(times.at(-1)! <= clock.nowNs(), 'their clock is the clock of this process');
  t.deepEqual(events, []);
  t.deepEqual(readdirSync(directory), [], 'nothing but the history is left in the run directory');
});

test('a process that is killed is told; its open writes are unknown, and none is lost', async (t) => {
  t.timeout(60_000);
  const { broker, apart, writes, events, stop, load } = await sharing(
    t,
    { workers: 4, recordsPerRequest: 3 },
    2,
  );
  // From now on each fifth request is kept, and never answered: these are under way when the process dies.
  broker.react = () => (broker.requests % 5 === 0 ? { do: 'append-and-hold' } : { do: 'append' });
  const theLoad = load();
  const running = theLoad.run();
  await theLoad.invoked(60);
  const [first] = apart.processes();
  process.kill(first!, 'SIGKILL');
  await theLoad.invoked(70);
  await realClock().sleep(300);
  broker.release();
  broker.react = () => ({ do: 'append' });
  stop.abort();
  broker.release();
  await running;
  t.is(events.length, 1);
  const [note] = events;
  t.regex(
    note!.type === 'note' ? note.text : '',
    /^Load process 1 of 2 was killed \(SIGKILL\): workers 0 and 2 write no more, and [1-9]\d* writes that were under way have an unknown outcome\.$/,
  );
  const names = writes.map(nameOf);
  t.is(new Set(names).size, names.length, 'each write once');
  const known = new Set(names);
  t.deepEqual(
    namesIn(broker.log).filter((name) => !known.has(name)),
    [],
    'whatever is in the log was written by somebody',
  );
  const open = writes.filter(({ error }) => error === 'LOAD_PROCESS_DIED');
  t.true(open.length > 0);
  t.true(
    open.every(
      ({ worker, outcome, completeNs }) => worker % 2 === 0 && outcome === 'info' && completeNs === null,
    ),
  );
  for (const { worker, seq, invokeNs } of open) {
    const earlier = writes.filter(
      (write) => write.worker === worker && write.seq < seq && write.completeNs !== null,
    );
    t.true(earlier.every((write) => write.invokeNs <= invokeNs));
  }
});

test('a process that hangs is ended, and holds up neither the others nor the end of the run', async (t) => {
  t.timeout(60_000);
  const { apart, broker, writes, events, stop, load } = await sharing(t, { workers: 2 }, 2, {
    silenceMaxMs: 2_000,
  });
  const theLoad = load();
  const running = theLoad.run();
  await theLoad.invoked(20);
  process.kill(apart.processes()[1]!, 'SIGSTOP');
  await theLoad.invoked(200);
  stop.abort();
  await running;
  const [note] = events;
  t.is(events.length, 1);
  t.regex(
    note!.type === 'note' ? note.text : '',
    /^Load process 2 of 2 said nothing for 2\.0 s and was ended: worker 1 writes no more/,
  );
  const known = new Set(writes.map(nameOf));
  t.is(known.size, writes.length);
  t.true(namesIn(broker.log).every((name) => known.has(name)));
});

test('a process that cannot reach the cluster says why, as one process would', async (t) => {
  t.timeout(60_000);
  const directory = mkdtempSync(join(tmpdir(), 'kept-load-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const scenario = scenarioSchema.parse({ load: { workers: 2 } });
  const reach = { endpoint: { brokers: ['127.0.0.1:9'] }, connectionTimeoutMs: 500, client: OWN_CLIENT };
  const plan = { run: 'r', scenario, seed: 1, directory, processes: 2 };
  const apart = loadInProcesses(plan, { clock: realClock(), reach }, TOPIC, { program: KEPT });
  await t.throwsAsync(apart.open(), { message: 'No broker of 127.0.0.1:9 could tell who leads audit-0.' });
  await apart.close();
  t.deepEqual(apart.processes(), []);
});

for (const waitMs of [0, 2_000])
  test(`a process ends when the one that started it is gone, after ${waitMs} ms`, async (t) => {
    t.timeout(60_000);
    const child = fork(KEPT, ['load-part'], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const signalOf = new Promise((settle) => child.on('exit', (_, signal) => settle(signal)));
    await realClock().sleep(waitMs);
    child.disconnect();
    t.is(await signalOf, null, 'by itself');
  });

test('where time is virtual there are no other processes', (t) => {
  const scenario = scenarioSchema.parse({});
  const plan = { run: 'r', scenario, seed: 1, directory: '/nowhere', processes: 2 };
  const clock = virtualClock();
  t.is(startOf(clock), null);
  t.throws(() => loadInProcesses(plan, { clock }, TOPIC, { program: KEPT }), {
    message: /cannot live in other processes/,
  });
});
