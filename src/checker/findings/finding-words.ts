import { counted, grouped } from '../../core/words.ts';
import type { FindingKind } from '../result.ts';

/** The names of the findings in words: one place for texts, pictures and verdicts. */

/** What a finding of each kind is about, after its count: `13,850 acknowledged records lost`. */
export const FINDING_WORDS: Record<FindingKind, { one: string; many: string; after: string }> = {
  lost: { one: 'acknowledged record', many: 'acknowledged records', after: 'lost' },
  'lost-after-read': {
    one: 'record',
    many: 'records',
    after: 'lost after a reader had seen them',
  },
  divergent: { one: 'offset', many: 'offsets', after: 'with more than one value' },
  misplaced: { one: 'record', many: 'records', after: 'at another offset than the acknowledged one' },
  duplicate: { one: 'value', many: 'values', after: 'stored more than once' },
  'aborted-read': {
    one: 'failed or aborted write or transaction',
    many: 'failed or aborted writes or transactions',
    after: 'shown all the same',
  },
  torn: { one: 'transaction', many: 'transactions', after: 'of which only a part took effect' },
  'lost-committed': {
    one: 'committed transaction',
    many: 'committed transactions',
    after: 'with records that are not shown',
  },
  'dirty-read': { one: 'record', many: 'records', after: 'read before the commit was asked for' },
  merged: { one: 'transaction', many: 'transactions', after: 'ended together with another one' },
  split: { one: 'transaction', many: 'transactions', after: 'ended in the middle' },
  'zombie-commit': {
    one: 'commit or record',
    many: 'commits or records',
    after: 'of an instance that had been fenced',
  },
  'lso-stuck': {
    one: 'partition',
    many: 'partitions',
    after: 'whose readers wait for a transaction without an end',
  },
  'group-skipped': { one: 'record', many: 'records', after: 'that no member of the group was handed' },
  'offset-regressed': {
    one: 'committed offset',
    many: 'committed offsets',
    after: 'smaller than what had been committed',
  },
  'offset-lost': {
    one: 'committed offset',
    many: 'committed offsets',
    after: 'that the group no longer has',
  },
  'offset-phantom': { one: 'committed offset', many: 'committed offsets', after: 'that no member committed' },
  'zombie-offset': { one: 'commit', many: 'commits', after: 'of a member whose generation was over' },
  'eos-duplicate': { one: 'record', many: 'records', after: 'copied more than once' },
  'eos-missing': {
    one: 'record',
    many: 'records',
    after: 'whose offset is committed, and of which there is no copy',
  },
  'eos-ahead': {
    one: 'record',
    many: 'records',
    after: 'of which there is a copy, and whose offset is not committed',
  },
  'eos-reordered': { one: 'record', many: 'records', after: 'copied behind a later one' },
  phantom: { one: 'record', many: 'records', after: 'that no write of this run explains' },
  reordered: { one: 'partition', many: 'partitions', after: 'whose log contradicts real time' },
  'producer-order': { one: 'record', many: 'records', after: 'behind one that the same producer sent later' },
  'end-regressed': { one: 'end offset', many: 'end offsets', after: 'smaller than one seen before' },
  skipped: { one: 'record', many: 'records', after: 'that a reader went past without handing them over' },
  'non-monotonic-read': { one: 'record', many: 'records', after: 'handed over by a reader that went back' },
  'unexplained-offset': { one: 'offset', many: 'offsets', after: 'that are empty and that nothing explains' },
  unread: { one: 'acknowledged record', many: 'acknowledged records', after: 'that no scan could cover' },
  'sent-missing': {
    one: 'record',
    many: 'records',
    after: 'sent with acks=0 and missing',
  },
};

/** `13,850 acknowledged records lost`. */
export function findingHeadline(kind: FindingKind, count: number): string {
  const words = FINDING_WORDS[kind];
  return `${counted(count, words.one, words.many)} ${words.after}`;
}

/**
 * The same as a clause: `3 of 40 acknowledged records are missing`.
 * @param acknowledged how many records were acknowledged in all.
 */
export function findingClause(kind: FindingKind, count: number, acknowledged: number): string {
  const be = count === 1 ? 'is' : 'are';
  switch (kind) {
    case 'lost':
      return `${grouped(count)} of ${counted(acknowledged, 'acknowledged record')} ${be} missing`;
    case 'lost-after-read':
      return `${counted(count, 'record')} ${be} missing, though a reader had seen ${count === 1 ? 'it' : 'them'}`;
    case 'divergent':
      return `${counted(count, 'offset')} ${count === 1 ? 'was' : 'were'} given to more than one record`;
    case 'misplaced':
      return `${counted(count, 'record')} ${be} at another offset than the acknowledged one`;
    case 'duplicate':
      return `${counted(count, 'record')} ${be} stored more than once`;
    case 'aborted-read':
      return `${counted(count, 'write or transaction', 'writes or transactions')} that failed or ${count === 1 ? 'was' : 'were'} aborted ${be} shown all the same`;
    case 'torn':
      return `of ${counted(count, 'transaction')} only a part took effect`;
    case 'lost-committed':
      return `${counted(count, 'committed transaction')} ${count === 1 ? 'has' : 'have'} records that are not shown`;
    case 'dirty-read':
      return `${counted(count, 'record')} ${count === 1 ? 'was' : 'were'} read before the commit was asked for`;
    case 'merged':
      return `${counted(count, 'transaction')} ${count === 1 ? 'was' : 'were'} ended together with another one`;
    case 'split':
      return `${counted(count, 'transaction')} ${count === 1 ? 'was' : 'were'} ended in the middle`;
    case 'zombie-commit':
      return `an instance that had been fenced committed or wrote ${count === 1 ? 'once' : `${grouped(count)} times`}`;
    case 'lso-stuck':
      return `readers of ${counted(count, 'partition')} wait for a transaction without an end`;
    case 'group-skipped':
      return `${counted(count, 'record')} below what the group has committed ${count === 1 ? 'was' : 'were'} handed to no member of it`;
    case 'offset-regressed':
      return `${times(count)} the group told a smaller offset than it had committed`;
    case 'offset-lost':
      return `${times(count)} the group told no offset although it had committed one`;
    case 'offset-phantom':
      return `${times(count)} the group told an offset that no member had committed`;
    case 'zombie-offset':
      return `members whose generation was over committed ${times(count)}`;
    case 'eos-duplicate':
      return `${counted(count, 'record')} ${count === 1 ? 'was' : 'were'} copied more than once`;
    case 'eos-missing':
      return `of ${counted(count, 'record')} there is no copy, although ${count === 1 ? 'its offset is' : 'their offsets are'} committed`;
    case 'eos-ahead':
      return `of ${counted(count, 'record')} there is a copy, although ${count === 1 ? 'its offset is' : 'their offsets are'} not committed`;
    case 'eos-reordered':
      return `${counted(count, 'record')} ${count === 1 ? 'was' : 'were'} copied behind a later one`;
    case 'phantom':
      return `${counted(count, 'record')} in the log ${be} explained by no write of this run`;
    case 'reordered':
      return `the order of the log contradicts real time in ${counted(count, 'partition')}`;
    case 'producer-order':
      return `${counted(count, 'record')} ${count === 1 ? 'stands' : 'stand'} behind one that the same producer sent later`;
    case 'end-regressed':
      return `${counted(count, 'end offset')} ${be} smaller than one that was seen before`;
    case 'skipped':
      return `a reader went past ${counted(count, 'record')} without handing ${count === 1 ? 'it' : 'them'} over`;
    case 'non-monotonic-read':
      return `a reader went back in the log ${count === 1 ? 'once' : `${grouped(count)} times`}`;
    case 'unexplained-offset':
      return `${counted(count, 'offset')} ${be} empty, and nothing that was written explains ${count === 1 ? 'it' : 'them'}`;
    case 'unread':
      return `${counted(count, 'acknowledged record')} ${be} covered by no scan`;
    case 'sent-missing':
      return `${counted(count, 'record')} that ${count === 1 ? 'was' : 'were'} sent with acks=0 ${be} missing`;
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${grouped(count)} times`;
}
