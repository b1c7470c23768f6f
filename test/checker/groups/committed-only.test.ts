import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { check } from '../../../src/checker/check.ts';
import { readInterchange } from '../../../src/history/interchange/read.ts';
import type { Damage } from '../../../src/history/run.ts';

/** A group that reads what is committed, and a log with a record of an aborted transaction and one of a committed one behind it. */
const S = 1e9;
const LOG = [
  {
    type: 'run', version: 2, run: 'r', acks: 'all', kafka: '4.4.0',
    transactions: { ids: ['t'], version: 2, timeoutMs: 1_000, stateMinInsyncReplicas: 2 },
    group: { protocol: 'classic', commit: 'manual' },
  },
  { type: 'write', worker: 0, seq: 0, partition: 0, invoke: 1 * S, complete: 2 * S, outcome: 'ok', offset: 0, transaction: 0 },
  { type: 'transaction', worker: 0, number: 0, producerId: 7, epoch: 1, begin: 1, end: 'abort', invoke: 3 * S, complete: 4 * S, outcome: 'aborted' },
  { type: 'write', worker: 0, seq: 1, partition: 0, invoke: 5 * S, complete: 6 * S, outcome: 'ok', offset: 2, transaction: 1 },
  { type: 'transaction', worker: 0, number: 1, producerId: 7, epoch: 2, begin: 4.5 * S, end: 'commit', invoke: 7 * S, complete: 8 * S, outcome: 'committed' },
  { type: 'member', time: 1, member: 0, scan: 'life', what: 'joined' },
  { type: 'offset-commit', member: 0, scan: 'life', generation: 1, offsets: [{ partition: 0, offset: 4 }], invoke: 20 * S, complete: 21 * S, outcome: 'ok' },
  { type: 'offset-fetch', offsets: [{ partition: 0, offset: 4 }], invoke: 30 * S, complete: 31 * S, final: true },
  { type: 'scan', scan: 'final', partition: 0, from: 0, end: 4, covered: true, final: true, invoke: 60 * S, complete: 61 * S, stable: 4 },
  { type: 'read', scan: 'final', partition: 0, offset: 0, worker: 0, seq: 0, producerId: 7, epoch: 1 },
  { type: 'marker', scan: 'final', partition: 0, offset: 1, producerId: 7, epoch: 1, kind: 'abort' },
  { type: 'read', scan: 'final', partition: 0, offset: 2, worker: 0, seq: 1, producerId: 7, epoch: 2 },
  { type: 'marker', scan: 'final', partition: 0, offset: 3, producerId: 7, epoch: 2, kind: 'commit' },
]; // prettier-ignore

const directory = mkdtempSync(join(tmpdir(), 'kept-committed-only-'));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));

function skipped(
  name: string,
  handed: readonly { offset: number; seq: number }[],
  { log = LOG, damage = [] }: { log?: readonly object[]; damage?: Damage[] } = {},
): string[] {
  const reads = handed.map((each) => ({
    type: 'read',
    scan: 'life',
    partition: 0,
    worker: 0,
    complete: 10 * S,
    ...each,
  }));
  const path = join(directory, `${name}.ndjson`);
  writeFileSync(path, [...log, ...reads].map((line) => `${JSON.stringify(line)}\n`).join(''));
  const { findings } = check({ ...readInterchange(path), damage: () => damage }, { claim: 'kept' });
  return findings.filter(({ kind }) => kind === 'group-skipped').map(({ values }) => values);
}

test('what was aborted is handed to nobody, and nobody has skipped it', (t) => {
  t.deepEqual(skipped('aborted', [{ offset: 2, seq: 1 }]), []);
});

test('what was committed must be', (t) => {
  t.deepEqual(skipped('committed', [{ offset: 0, seq: 0 }]), ['w0 1']);
});

test('where a marker is missing, the next one of its producer says nothing about what was skipped', (t) => {
  const log = LOG.filter((line) => !('kind' in line && line.kind === 'abort'));
  t.deepEqual(
    skipped('whole', [{ offset: 2, seq: 1 }], { log }),
    ['w0 0'],
    'else it says that it was committed',
  );
  for (const file of ['markers.arrow', 'markers']) {
    const damage = [{ file, kind: 'missing' as const, detail: 'Rows are gone.' }];
    t.deepEqual(skipped('cut', [{ offset: 2, seq: 1 }], { log, damage }), [], file);
  }
});
