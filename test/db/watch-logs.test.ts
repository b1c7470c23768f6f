import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { realClock } from '../../src/core/clock.ts';
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
