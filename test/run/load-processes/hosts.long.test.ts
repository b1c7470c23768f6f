import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { OWN_CLIENT } from '../../../src/client/kafkajs/prepared.ts';
import { processRemote } from '../../../src/control/process-remote.ts';
import type { Remote } from '../../../src/control/remote.ts';
import { realClock } from '../../../src/core/clock.ts';
import type { Event } from '../../../src/history/event.ts';
import { SYSTEM_START_FILE } from '../../../src/core/clock-identity.ts';
import { createDecoder } from '../../../src/history/value.ts';
import { encode } from '../../../src/run/load-processes/host-files.ts';
import { OutboxReader } from '../../../src/run/load-processes/outbox-reader.ts';
import { loadInProcesses } from '../../../src/run/load-processes/processes.ts';
import { scenarioSchema } from '../../../src/scenario/schema.ts';
import { fakeBroker } from '../../client/fake-broker.ts';
import { collected } from './collected.ts';

/** Workers on other hosts, which are this machine here: what matters is that they are reached through the control layer alone. */
const TOPIC = 'audit';

async function onHosts(
  t: { teardown(undo: () => Promise<void>): void },
  load: { count?: number; workers: number; ratePerSecond?: number | null },
  remotes: readonly Remote[],
  options: { silenceMaxMs?: number; openWithinMs?: number } = {},
) {
  const broker = await fakeBroker();
  const directory = mkdtempSync(join(tmpdir(), 'kept-load-'));
  const there = mkdtempSync(join(tmpdir(), 'kept-host-'));
  const scenario = scenarioSchema.parse({ load: { ratePerSecond: null, ...load }, producer: { acks: 1 } });
  const clock = realClock();
  const endpoint = { brokers: [broker.address] };
  const loadHosts = remotes.map((remote) => ({
    name: remote.name,
    remote,
    directory: there,
    node: process.execPath,
    endpoint,
  }));
  const plan = { run: 'r', scenario, seed: 1, directory, processes: remotes.length };
  const reach = { endpoint: { brokers: [] }, connectionTimeoutMs: 10_000, client: OWN_CLIENT };
  const world = { clock, reach, loadHosts };
  const apart = loadInProcesses(plan, world, TOPIC, options);
  let isClosed = false;
  const close = async () => {
    if (!isClosed) await apart.close();
    isClosed = true;
  };
  t.teardown(async () => {
    await close();
    await broker.close();
    for (const made of [directory, there]) rmSync(made, { recursive: true });
  });
  const { sinks, ...told } = collected();
  return { broker, there, clock, apart, close, ...told, load: () => apart.load(sinks) };
}

const host = (name: string): Remote => processRemote(name, '127.0.0.1');
const nameOf = ({ worker, seq }: { worker: number | null; seq: number | null }) => `${worker}:${seq}`;

function namesIn(log: readonly string[]): string[] {
  const decode = createDecoder({ run: 'r', topic: TOPIC });
  return log.map((value) => nameOf(decode(0, Buffer.from(value))));
}

const textOf = (event: Event | undefined) => (event?.type === 'note' ? event.text : '');

test('workers on two hosts write what one process would have written, and leave nothing there', async (t) => {
  t.timeout(60_000);
  const run = await onHosts(t, { count: 3_000, workers: 5 }, [host('client1'), host('client2')]);
  await run.apart.open();
  const theLoad = run.load();
  const beganNs = run.clock.nowNs();
  await Promise.all([theLoad.run(), theLoad.invoked(500)]);
  t.is(run.writes.length, 3_000);
  const names = run.writes.map(nameOf);
  t.is(new Set(names).size, 3_000);
  const logged = namesIn(run.broker.log);
  t.deepEqual(logged.toSorted(), names.toSorted());
  t.true(run.writes.every((write) => write.outcome === 'ok' && logged[write.offset!] === nameOf(write)));
  const times = run.writes.map(({ completeNs }) => completeNs!);
  t.deepEqual(
    times,
    times.toSorted((one, other) => one - other),
  );
  t.true(run.writes.every(({ invokeNs, completeNs }) => invokeNs >= beganNs && invokeNs < completeNs!));
  t.true(times.at(-1)! <= run.clock.nowNs());
  t.deepEqual(run.apart.found(), {}, 'the clock is one, and nothing is missing');
  t.deepEqual(run.events, []);
  await run.close();
  t.deepEqual(readdirSync(run.there), []);
});

test('what a host tells while it is out of reach is fetched later', async (t) => {
  t.timeout(60_000);
  const remote = host('client1');
  const { files } = remote;
  let isCut = false;
  const unlessCut = <T>(call: () => Promise<T>) =>
    isCut ? Promise.reject(new Error('out of reach')) : call();
  const cuttable: Remote = {
    ...remote,
    exec: (...args) => unlessCut(() => remote.exec(...args)),
    files: {
      ...files,
      read: (...args) => unlessCut(() => files.read(...args)),
      size: (...args) => unlessCut(() => files.size(...args)),
      write: (...args) => unlessCut(() => files.write(...args)),
    },
  };
  const run = await onHosts(t, { count: 600, workers: 2, ratePerSecond: 600 }, [cuttable]);
  await run.apart.open();
  const theLoad = run.load();
  const running = theLoad.run();
  await theLoad.invoked(50);
  isCut = true;
  // It goes on meanwhile.
  while (run.broker.log.length < 600) await run.clock.sleep(20);
  t.true(run.writes.length < 600);
  isCut = false;
  await running;
  t.is(run.writes.length, 600);
  t.true(run.writes.every(({ outcome }) => outcome === 'ok'));
  t.deepEqual(run.events, []);
});

test('a process on a host that is killed is told; what it had begun is unknown, and none is lost', async (t) => {
  t.timeout(60_000);
  const run = await onHosts(t, { workers: 4 }, [host('client1'), host('client2')]);
  await run.apart.open();
  run.broker.react = () => (run.broker.requests % 5 === 0 ? { do: 'append-and-hold' } : { do: 'append' });
  const theLoad = run.load();
  const running = theLoad.run();
  await theLoad.invoked(40);
  process.kill(run.apart.processes()[0]!, 'SIGKILL');
  await run.clock.sleep(500);
  run.broker.react = () => ({ do: 'append' });
  run.broker.release();
  run.stop.abort();
  await running;
  t.is(run.events.length, 1);
  t.regex(
    textOf(run.events[0]),
    /^Load process 1 of 2 \(on client1\) was killed \(SIGKILL\): workers 0 and 2 write no more, and [1-9]\d* writes? that (was|were) under way (has|have) an unknown outcome\.$/,
  );
  const names = run.writes.map(nameOf);
  t.is(new Set(names).size, names.length, 'each write once');
  const known = new Set(names);
  t.deepEqual(
    namesIn(run.broker.log).filter((name) => !known.has(name)),
    [],
  );
  t.true(
    run.writes
      .filter(({ error }) => error === 'LOAD_PROCESS_DIED')
      .every(({ outcome }) => outcome === 'info'),
  );
  t.deepEqual(run.apart.found(), {});
});

test('where the host of a process that died gives nothing back, rows are missing, and the history says so', async (t) => {
  t.timeout(60_000);
  const remote = host('client1');
  const { files } = remote;
  const without = {
    ...remote,
    files: {
      ...files,
      read: (path: string, from?: object) =>
        path.endsWith('claims') ? Promise.reject(new Error('out of reach')) : files.read(path, from),
    },
  };
  const run = await onHosts(t, { workers: 1 }, [without]);
  await run.apart.open();
  const theLoad = run.load();
  const running = theLoad.run();
  await theLoad.invoked(20);
  process.kill(run.apart.processes()[0]!, 'SIGKILL');
  await running;
  t.regex(
    textOf(run.events[0]),
    /worker 0 writes no more, and which writes were under way cannot be known\.$/,
  );
  t.like(run.apart.found(), { damage: [{ file: 'writes.arrow', kind: 'missing' }] });
});

test('what a process noted counts only where its host was not started again since', async (t) => {
  t.timeout(60_000);
  const remote = host('client1');
  let wasStartedAgain = false;
  const restarted: Remote = {
    ...remote,
    async exec(command, options) {
      const said = await remote.exec(command, options);
      return wasStartedAgain && command.includes(SYSTEM_START_FILE) ? { ...said, stdout: 'another' } : said;
    },
  };
  const run = await onHosts(t, { workers: 1 }, [restarted]);
  await run.apart.open();
  const theLoad = run.load();
  const running = theLoad.run();
  await theLoad.invoked(20);
  wasStartedAgain = true;
  process.kill(run.apart.processes()[0]!, 'SIGKILL');
  await running;
  t.regex(textOf(run.events[0]), /which writes were under way cannot be known\.$/);
  t.like(run.apart.found(), { damage: [{ file: 'writes.arrow', kind: 'missing' }] });
});

test('a process whose host has no room for what it tells ends with the reason, and none is lost', async (t) => {
  t.timeout(60_000);
  const remote = host('client1');
  const full: Remote = {
    ...remote,
    // 32 KiB a file.
    spawn: (command, options) =>
      remote.spawn(['sh', '-c', `trap '' XFSZ; ulimit -f 64; exec "$@"`, 'sh', ...command], options),
  };
  const run = await onHosts(t, { workers: 2 }, [full]);
  await run.apart.open();
  await run.load().run();
  t.regex(
    textOf(run.events[0]),
    /^Load process 1 of 1 \(on client1\) ended with exit status 1: EFBIG: file too large/,
  );
  const known = new Set(run.writes.map(nameOf));
  t.true(namesIn(run.broker.log).every((name) => known.has(name)));
});

test('a host that is lost before its process writes ends the run in a sentence', async (t) => {
  t.timeout(60_000);
  const remote = host('client1');
  const lost: Remote = {
    ...remote,
    files: { ...remote.files, size: () => Promise.reject(new Error('out of reach')) },
  };
  const run = await onHosts(t, { workers: 1 }, [lost], { openWithinMs: 500 });
  await t.throwsAsync(run.apart.open(), {
    message: /^the load process on client1 was out of reach for [\d.]+ m?s before it could write$/,
  });
  const silent: Remote = { ...remote, spawn: (_, options) => remote.spawn(['sleep', '600'], options) };
  const other = await onHosts(t, { workers: 1 }, [silent], { openWithinMs: 500 });
  await t.throwsAsync(other.apart.open(), {
    message: /^the load process on client1 said nothing for [\d.]+ m?s before it could write$/,
  });
});

test('a message that comes a second time is taken away, too: it may hold passwords', async (t) => {
  t.timeout(60_000);
  const run = await onHosts(t, { workers: 1 }, [host('client1')]);
  await run.apart.open();
  const theLoad = run.load();
  const running = theLoad.run();
  await theLoad.invoked(20);
  const [directory] = readdirSync(run.there);
  t.is(statSync(join(run.there, directory!)).mode & 0o77, 0, 'and nobody else may read it');
  const again = join(run.there, directory!, 'open.json');
  t.false(existsSync(again));
  writeFileSync(again, encode({ kind: 'close' }));
  while (existsSync(again)) await run.clock.sleep(20);
  run.stop.abort();
  await running;
  t.deepEqual(run.events, []);
});

test('a line that cannot be read is not passed over', async (t) => {
  const line = encode({ kind: 'opened', nowNs: 1 });
  const file = Buffer.from(`${line}{"kind"\n${line}`);
  const files = {
    ...host('client1').files,
    size: async (path: string) => (path.endsWith('0.ndjson') ? file.length : null),
    read: async (_: string, { byte = 0 }: { byte?: number } = {}) => file.subarray(byte),
  };
  const reader = new OutboxReader(files, '/there', async () => undefined);
  for (let asked = 0; asked < 2; asked++) await t.throwsAsync(reader.next(), { instanceOf: SyntaxError });
});

test('a process that cannot reach the cluster says which host it is on', async (t) => {
  t.timeout(60_000);
  const run = await onHosts(t, { workers: 1 }, [host('client1')]);
  await run.broker.close();
  await t.throwsAsync(run.apart.open(), {
    message: /^client1: No broker of .* could tell who leads audit-0\.$/,
  });
});

test('a process on a host that hangs is ended', async (t) => {
  t.timeout(60_000);
  const run = await onHosts(t, { workers: 2 }, [host('client1'), host('client2')], { silenceMaxMs: 5_000 });
  await run.apart.open();
  const theLoad = run.load();
  const running = theLoad.run();
  await theLoad.invoked(20);
  process.kill(run.apart.processes()[1]!, 'SIGSTOP');
  while (run.apart.processes().length > 1) await run.clock.sleep(20);
  run.stop.abort();
  await running;
  t.regex(
    textOf(run.events[0]),
    /^Load process 2 of 2 \(on client2\) said nothing for 5\.0 s and was ended: worker 1 writes/,
  );
  const known = new Set(run.writes.map(nameOf));
  t.true(namesIn(run.broker.log).every((name) => known.has(name)));
});

/** A host whose monotonic clock is ahead: what a program of Node reads there is made so. */
function withAnotherClock(
  name: string,
  directory: string,
  aheadSeconds: number,
  driftPerSecondNs = 0,
): Remote {
  const shim = join(directory, `${name}.cjs`);
  writeFileSync(
    shim,
    `const fs = require('node:fs');
     const { readFileSync } = fs;
     fs.readFileSync = (path, ...more) => String(path).endsWith('/boot_id') ? '${name}' : readFileSync(path, ...more);
     const real = process.hrtime.bigint;
     const begin = real();
     process.hrtime.bigint = () => {
       const now = real();
       return now + ${aheadSeconds}n * 1_000_000_000n + (now - begin) * ${driftPerSecondNs}n / 1_000_000_000n;
     };`,
  );
  const remote = host(name);
  return {
    ...remote,
    // As for a host that is reached by SSH.
    clockOffset: async () => ({ offsetNs: 0, uncertaintyNs: 2e6 }),
    spawn: ([node, ...words], options) => remote.spawn([node!, '--require', shim, ...words], options),
  };
}

test('the clock of another host is measured, and its times are brought to that of the run', async (t) => {
  t.timeout(60_000);
  const shims = mkdtempSync(join(tmpdir(), 'kept-shims-'));
  t.teardown(() => rmSync(shims, { recursive: true }));
  const far = withAnotherClock('client1', shims, 1_000);
  const run = await onHosts(t, { count: 600, workers: 2, ratePerSecond: 300 }, [far, host('client2')]);
  await run.apart.open();
  t.deepEqual(run.apart.found(), { clocks: [{ host: 'client1', workers: [0], uncertaintyNs: null }] });
  const theLoad = run.load();
  const beganNs = run.clock.nowNs();
  await theLoad.run();
  const endedNs = run.clock.nowNs();
  const [clock] = run.apart.found().clocks!;
  const uncertaintyNs = clock!.uncertaintyNs!;
  t.true(uncertaintyNs >= 2e6 && uncertaintyNs < 100e6, `${uncertaintyNs} ns`);
  t.is(run.writes.length, 600);
  for (const { invokeNs, completeNs } of run.writes) {
    t.true(invokeNs >= beganNs - uncertaintyNs);
    t.true(completeNs! <= endedNs + uncertaintyNs);
  }
});

test('a clock that drifts is right to what it drifted', async (t) => {
  t.timeout(60_000);
  const shims = mkdtempSync(join(tmpdir(), 'kept-shims-'));
  t.teardown(() => rmSync(shims, { recursive: true }));
  // 0.2 ms a second.
  const far = withAnotherClock('client1', shims, 0, 200_000);
  const run = await onHosts(t, { count: 900, workers: 1, ratePerSecond: 300 }, [far]);
  await run.apart.open();
  await run.load().run();
  const [clock] = run.apart.found().clocks!;
  t.true(clock!.uncertaintyNs === null || clock!.uncertaintyNs > 2e6 + 500_000, `${clock!.uncertaintyNs} ns`);
});
