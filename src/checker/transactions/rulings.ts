import { isBefore } from '../../core/kafka-version.ts';
import type { FaultSpan } from '../../history/fault-spans.ts';
import type { RunInfo } from '../../history/run.ts';
import type { PowerLosses } from '../facts/power.ts';
import { isAudited, type Judged, type Ruling } from '../findings/judgement.ts';
import type { FindingKind } from '../result.ts';

/** What a finding about transactions is judged by. */
export interface TransactionCase {
  kind: FindingKind;
  /** Of a torn transaction: the rest of it is in no log at all, so that it may be a loss like any other. */
  onlyMissing?: boolean;
  /** Why the offsets that are to go with a transaction may rightly have been forgotten. */
  excuse?: string;
  /** Whom a record was given to. */
  reader?: string;
  /** Whether it is known only by what readers were given, without the log. */
  isGiven?: boolean;
}

export interface Circumstances {
  info: RunInfo;
  power: Pick<PowerLosses, 'occurred'>;
  faults: readonly FaultSpan[];
}

const COPIED_ONCE =
  'a record and the offset behind it take effect together or not at all, so that each is copied once (KIP-98, KIP-447)';

const PROMISES: Partial<Record<FindingKind, string>> = {
  'aborted-read':
    'what a transaction that was aborted has written is never shown to those who read what is committed',
  'lost-committed': 'what a committed transaction has written is shown, all of it',
  torn: 'a transaction takes effect as a whole or not at all',
  merged: 'the records of a transaction are ended by its own end alone',
  split: 'the records of a transaction are ended by its own end alone',
  'dirty-read':
    'a record is given to nobody before its transaction is committed, so no transaction reads what it wrote itself, and no two read from each other',
  'lso-stuck':
    'a transaction that its client has left is aborted after its timeout, and readers go on behind it',
  'zombie-commit': 'an instance that was replaced (fenced) can write and commit nothing any more',
  'eos-duplicate': COPIED_ONCE,
  'eos-missing': COPIED_ONCE,
  'eos-ahead': COPIED_ONCE,
  'eos-reordered':
    'who takes a partition over goes on where the last transaction before it ended, so copies keep their order',
};

/**
 * Under transaction.version below 2 a request that comes late is taken for one of the next transaction, since both have the same
 * producer id and epoch. It is a known defect of that protocol, and no less a violation of what is promised.
 */
const KNOWN_DEFECT =
  'With transaction.version below 2 a request that comes late counts for the next transaction (KAFKA-17754; KIP-890 mends it, part 2)';
const OF_LATE_REQUESTS = new Set<FindingKind>(['aborted-read', 'lost-committed', 'torn', 'merged', 'split']);
/** Before Kafka 3.6 a late record could open a transaction that nobody ends (KIP-890, part 1). */
const KNOWN_HANGING =
  'Before Kafka 3.6 a record that comes late begins a transaction that nothing ends (KIP-890 mends it, part 1)';

export function rulingOnTransaction(of: TransactionCase, circumstances: Circumstances): Ruling {
  const { kind, onlyMissing = false } = of;
  const { info } = circumstances;
  const promise = PROMISES[kind]!;
  const blame = isAudited(info) ? 'broker' : 'unknown';
  const excuse = excuseOf(of, circumstances);
  if (excuse !== null) return { judgement: 'permitted', reason: `${promise}; but ${excuse}`, blame };
  if (kind === 'lso-stuck' && isBefore(info.versions.kafka, 3, 6))
    return { judgement: 'violation', reason: `${promise}. ${KNOWN_HANGING}`, blame: 'protocol' };
  if (OF_LATE_REQUESTS.has(kind) && !onlyMissing && info.transactions!.version === 1)
    return { judgement: 'violation', reason: `${promise}. ${KNOWN_DEFECT}`, blame: 'protocol' };
  return { judgement: 'violation', reason: promise, blame };
}

/** What is known by what readers were given: such histories come from other tools, which need not tell the brokers' settings. */
export function judgeByGiven(of: TransactionCase, circumstances: Circumstances): Judged {
  const { stateMinInsyncReplicas, isolationAssumed } = circumstances.info.transactions!;
  const ruling = rulingOnTransaction(of, circumstances);
  const assumed =
    isolationAssumed === true ? '; that its readers were given only what is committed is assumed' : '';
  const reason = `${ruling.reason}${assumed}`;
  if (stateMinInsyncReplicas !== null || ruling.judgement === 'permitted')
    return { ruling: { ...ruling, reason } };
  return {
    ruling: {
      ...ruling,
      judgement: 'permitted',
      reason: `${reason}; but transaction.state.log.min.isr may be 1, so that the coordinator may have forgotten what it had answered`,
    },
    dependsOn: 'coordinators',
  };
}

/** Why brokers may have done so, in words; null where nothing permits it. */
function excuseOf(
  { kind, onlyMissing = false, excuse }: TransactionCase,
  { info, power, faults }: Circumstances,
): string | null {
  if (power.occurred)
    return 'brokers lost power, and what the coordinator knew of transactions may have gone with it';
  if (excuse !== undefined) return excuse;
  if (faults.length === 0) return null;
  const { minInsyncReplicas, uncleanLeaderElection } = info.contract;
  if (onlyMissing && (uncleanLeaderElection || minInsyncReplicas === 1))
    return `the log itself lost records, which ${uncleanLeaderElection ? 'unclean election' : 'min.insync.replicas=1'} permits`;
  // A record of an epoch that has passed stands behind one of a later one: no cut explains that.
  if (uncleanLeaderElection && kind !== 'zombie-commit')
    return 'the log itself may have lost markers, which unclean election permits';
  const { stateMinInsyncReplicas } = info.transactions!;
  if ((stateMinInsyncReplicas ?? 1) <= 1)
    return `transaction.state.log.min.isr is ${stateMinInsyncReplicas === null ? 'not known, and may be 1' : '1'}, so that the coordinator may have forgotten what it had answered`;
  return null;
}

/** A reader that shows what it promises to hide. */
export function rulingOnReader(of: TransactionCase, circumstances: Circumstances): Ruling {
  const { kind } = of;
  const reason =
    kind === 'dirty-read'
      ? 'a reader of what is committed was given a record before the commit of its transaction was asked for'
      : kind === 'skipped'
        ? 'a reader of what is committed went past a record that the log says is committed, and did not hand it out'
        : 'a reader of what is committed was given a record that the log itself says is not: it did not leave it out';
  if (kind !== 'dirty-read') return { judgement: 'violation', reason, blame: 'client' };
  // Who showed it too early is not known: the reader, or brokers in whose log it was committed by then.
  const excuse = excuseOf(of, circumstances);
  return excuse === null
    ? { judgement: 'violation', reason, blame: 'unknown' }
    : { judgement: 'permitted', reason: `${reason}; but ${excuse}`, blame: 'unknown' };
}
