import type { ExecutionContext } from 'ava';
import type { Refused, Told } from './against-cluster.ts';

/** What the transactional driver and the reader must tell of transactions of either version. */
export function assertKept(t: ExecutionContext, told: Told | Refused | undefined): void {
  if (told === undefined || 'refused' in told) return t.fail(JSON.stringify(told));
  const { version, ends, named, fenced } = told;
  const { producerId } = named[0]!;
  /** Of the producer after so many ends: under version 2 each gives it another one. */
  const after = (count: number) => ({ producerId, epoch: version === 1 ? 0 : count });
  t.deepEqual(told.writes, ['ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok']);
  t.deepEqual(named[0], after(0));
  const done = { error: null, attempts: 1, answered: 1 };
  t.deepEqual(ends, [
    { outcome: 'committed', ...done, before: after(0), after: after(1) },
    { outcome: 'aborted', ...done, before: after(1), after: after(2) },
    {
      outcome: 'aborted',
      error: 'NOTHING_TO_END',
      attempts: 0,
      answered: 0,
      before: after(2),
      after: after(2),
    },
    { outcome: 'committed', ...done, before: after(3), after: after(4) },
  ]);
  // Markers stand where the broker says that the log ends, and bear the epoch that the end gave.
  const marker = { partition: 0, coordinatorEpoch: 0 };
  t.deepEqual(told.log, [
    { offset: 0, value: '0:0', ...after(0) },
    { offset: 1, value: '0:1', ...after(0) },
    { offset: 2, value: '0:3', ...after(0) },
    { ...marker, offset: 3, kind: 'commit', ...after(1) },
    { offset: 4, value: '0:4', ...after(1) },
    { ...marker, offset: 5, kind: 'abort', ...after(2) },
  ]);
  t.like(told.whileOpen, { start: 0, stable: 4, end: 5 });
  t.like(told.whenEnded, { start: 0, stable: 6, end: 6 });
  t.deepEqual(told.offsets, ['-1', '4', '4']);
  t.is(told.strayMember, 'UNKNOWN_MEMBER_ID');
  t.deepEqual([fenced.write, fenced.error], ['fail', 'INVALID_PRODUCER_EPOCH']);
  const refusal = version === 1 ? 'INVALID_PRODUCER_EPOCH' : 'PRODUCER_FENCED';
  t.like(fenced.end, { outcome: 'aborted', error: refusal, attempts: 1, answered: 1, after: null });
  t.like(fenced.next, { outcome: 'committed', ...done });
  t.true(fenced.next.before!.epoch > fenced.end.before!.epoch);
}
