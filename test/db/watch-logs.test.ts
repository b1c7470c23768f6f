import { appendFileSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { NS_PER_SECOND, realClock, type Clock } from '../../src/core/clock.ts';
import { localFiles } from '../../src/control/local-files.ts';
import { watchLogs } from '../../src/db/kafka/logs.ts';
import type { Event } from '../../src/history/event.ts';
import { gapsOf } from '../../src/history/gaps.ts';

/** A broker's log that cannot be read for a while is read again from where it stopped. */
const clock = realClock();
const clockOffset = async () => ({ offsetNs: 0, uncertaintyNs: 0 });

test('a log that cannot be read is tried again, and nothing of it is missed', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'kept-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'server.log');
  const events: Event[] = [];
  const until = async (holds: () => boolean) => {
    while (!holds()) await clock.sleep(5);
  };
  // A directory can be opened like a file, and not be read.
  mkdirSync(file);
  const stop = watchLogs({
    logs: [
      { node: 'kafka1', id: 1, topic: 'kept', kafkaVersion: '4.4.0', files: localFiles, file, clockOffset },
    ],
    clock,
    sink: (event) => events.push(event),
  });
  await until(() => events.length > 0);
  t.like(events[0], { type: 'gap', watch: 'log', node: 'kafka1', toNs: null });
  t.is(gapsOf(events)[0]!.toNs, Infinity);
  rmdirSync(file);
  const stamp = new Date().toISOString();
  writeFileSync(
    file,
    `[${stamp}] INFO [Log partition=kept-0, dir=/data] Truncating to offset 7 (kafka.log.Log)\n`,
  );
  await until(() => events.some((event) => event.type === 'gap' && event.toNs !== null));
  await until(() => events.some(({ type }) => type === 'log'));
  stop();
  const [gap] = gapsOf(events);
  t.is(gap!.toNs, gap!.fromNs, 'nothing was missed');
  t.is(gapsOf(events).length, 1);
});

test('lines from around a sleep of the machine, or a step of its clock, get no time at which they cannot have been written', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'kept-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'server.log');
  /** So far the monotonic clock is behind: it stood still while the machine slept. */
  let behindNs = 0;
  let polls = 0;
  let release = (): void => undefined;
  const slow: Clock = {
    nowNs: () => 10_000 * NS_PER_SECOND + clock.nowNs() - behindNs,
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        polls++;
        release = resolve;
        signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
  const until = async (holds: () => boolean) => {
    while (!holds()) await clock.sleep(1);
  };
  const poll = async () => {
    const before = polls;
    release();
    await until(() => polls > before);
  };
  const say = (offset: number, agoMs = 0) =>
    appendFileSync(
      file,
      `[${new Date(Date.now() - agoMs).toISOString()}] INFO [Log partition=kept-0, dir=/data] Truncating to offset ${offset} (kafka.log.Log)\n`,
    );
  const events: Event[] = [];
  const stop = watchLogs({
    logs: [
      { node: 'kafka1', id: 1, topic: 'kept', kafkaVersion: '4.4.0', files: localFiles, file, clockOffset },
    ],
    clock: slow,
    sink: (event) => events.push(event),
  });
  await until(() => polls > 0);
  say(1);
  await poll();
  const lookedNs = slow.nowNs();
  await poll();
  // Written just before the machine slept for an hour, and read just after.
  say(2, 3_600_000);
  behindNs = 3_600 * NS_PER_SECOND;
  await poll();
  say(3);
  await poll();
  stop();
  const [before, around, after] = events.flatMap((event) => (event.type === 'log' ? [event.timeNs] : []));
  t.true(before! >= 10_000 * NS_PER_SECOND - 1e6 && before! <= lookedNs);
  const wokeNs = slow.nowNs();
  t.true(after! > wokeNs - 5 * NS_PER_SECOND && after! <= wokeNs, 'afterwards times are as exact as before');
  t.true(around! <= wokeNs + 1e6, 'not after the moment at which it was read');
  t.true(around! > wokeNs - 5 * NS_PER_SECOND, 'and not an hour before');
});
