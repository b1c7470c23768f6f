import { resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { THROTTLED, type Struck } from '../../control/proxy/struck-on-cluster.ts';
import { kept } from '../../given/run-kept.ts';
import type { Refused, Told } from './against-cluster.ts';

/** What the transactional driver and the reader tell of transactions, on one real cluster of each kind, one after the other. */
test.serial(
  'Kafka 3.9.1 keeps transactions of version 1 as they are told, and version 2 is refused',
  async (t) => {
    const [first, second] = await ask(t, '3.9.1');
    assertKept(t, first);
    t.is(second?.version, 2);
    const { refused } = second as Refused;
    t.regex(refused, /does not speak version 12 of Produce, which transactions of version 2 need\.$/);
  },
);

test.serial(
  'Kafka 4.4.0 keeps transactions of both versions as they are told, and notices what a proxy does to requests',
  async (t) => {
    const [[first, second], output] = await askAll(t, '4.4.0', ['struck']);
    assertKept(t, first);
    assertKept(t, second);
    const { reordered, reset, throttled, did } = JSON.parse(/^struck: (.*)$/m.exec(output)![1]!) as Struck;
    t.deepEqual(reordered, [1, 0], 'the second one came first');
    t.deepEqual(reset, { reason: 'ECONNRESET', ends: [2, 2] }, 'it never reached the broker');
    const leastMs = (THROTTLED.bytes / THROTTLED.bytesPerSecond) * 1_000;
    t.true(throttled.tookMs >= leastMs, `${throttled.tookMs} ms`);
    t.is(throttled.offset, 2);
    t.is(did.length, 3);
    t.regex(did.join('; '), /^passed by the next one; connection reset; slowed by \d+ ms$/);
  },
);

async function ask(t: ExecutionContext, kafka: string): Promise<(Told | Refused)[]> {
  const [told] = await askAll(t, kafka);
  return told;
}

async function askAll(
  t: ExecutionContext,
  kafka: string,
  more: readonly string[] = [],
): Promise<[told: (Told | Refused)[], output: string]> {
  t.timeout(300_000);
  const script = resolve('test/client/transactions/against-cluster.ts');
  const words = ['lab', '--kafka', kafka, '--', process.execPath, '--import=tsx', script, '1', '2', ...more];
  const { status, output } = await kept(words);
  t.is(status, 0, output);
  const told = JSON.parse(/^\[.*\]$/m.exec(output)?.[0] ?? '[]') as (Told | Refused)[];
  t.is(told.length, 2);
  return [told, output];
}

function assertKept(t: ExecutionContext, told: Told | Refused | undefined): void {
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
