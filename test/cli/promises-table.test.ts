import test from 'ava';
import type { Finding } from '../../src/checker/result.ts';
import { judgementInWords, seenInWords, promisesTable } from '../../src/cli/promises-table.ts';
import { CATALOG } from '../../src/scenario/catalog/catalog.ts';

/** The table of a suite with transactions. */
const finding = (more: Partial<Finding>): Finding => ({
  kind: 'torn',
  partition: 0,
  count: 1,
  judgement: 'violation',
  reason: 'a promise. A defect (KAFKA-17754; KIP-890)',
  blame: 'protocol',
  values: '',
  examples: [],
  ...more,
});
const invalid = (...findings: Partial<Finding>[]) => ({
  verdict: 'invalid' as const,
  findings: findings.map(finding),
});

test('what was seen, and whose doing it is', (t) => {
  const result = invalid({}, { partition: 1, count: 2 }, { kind: 'aborted-read' });
  t.is(seenInWords(result), '3 torn, 1 aborted-read');
  t.is(judgementInWords(result), 'violation, of the protocol (KAFKA-17754)');
  const reader = invalid({ kind: 'aborted-read', blame: 'client', reader: 'kafkajs 2.2.4', reason: 'shown' });
  t.is(judgementInWords(reader), 'violation, of kafkajs 2.2.4');
  t.is(judgementInWords(invalid({ judgement: 'permitted' })), 'permitted');
});

test('nothing was seen, or not enough', (t) => {
  const none = { verdict: 'valid' as const, findings: [] };
  t.deepEqual([seenInWords(none), judgementInWords(none)], ['nothing else', 'kept']);
  const unread = { verdict: 'inconclusive' as const, findings: [finding({ kind: 'unread' })] };
  t.deepEqual([seenInWords(unread), judgementInWords(unread)], ['not enough', 'inconclusive']);
});

test('a run without a result has a row all the same', (t) => {
  const entry = CATALOG.find(({ scenario }) => scenario.name === 'txn-hang')!;
  const row = { entry, directory: 'store/run-1', result: null, lost: 0, met: null, world: 'real' as const };
  t.regex(promisesTable([row]), /\| txn-hang \|.*\| no result \|.*\| store\/run-1 \|/);
});
