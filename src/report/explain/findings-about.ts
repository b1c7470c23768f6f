import { valueName } from '../../core/words.ts';
import type { Anomaly } from '../../checker/findings/grouping.ts';
import { check } from '../../checker/check.ts';
import type { Finding, FindingKind, Result } from '../../checker/result.ts';
import type { Run } from '../../history/run.ts';
import { byCause } from '../text/causes.ts';
import type { FindingAbout, Place } from './life.ts';

/** What belongs to a record, so that a finding about it is recognised. */
export interface Belongings {
  worker: number;
  seq: number;
  /** Where it was acknowledged or found. */
  places: readonly Place[];
  /** The values of its transaction, as `worker:seq`; empty where it has none. */
  fellows: ReadonlySet<string>;
  /** When the end of its transaction was asked for; null where it was not. */
  endInvokeNs: number | null;
}

/** Findings whose offset is that of a record. Of the others it is an end, or a position of a group. */
const ABOUT_OFFSETS: ReadonlySet<FindingKind> = new Set([
  'divergent',
  'phantom',
  'unexplained-offset',
  'non-monotonic-read',
  'group-skipped',
  'eos-duplicate',
  'eos-missing',
  'eos-ahead',
  'eos-reordered',
]);
const ABOUT_TRANSACTIONS: ReadonlySet<FindingKind> = new Set(['torn', 'lost-committed', 'merged', 'split']);

/** The findings in the order in which the report lists them; the first one is number 1. */
export function numbered(result: Pick<Result, 'findings'>): Finding[] {
  return byCause(result).flatMap(({ findings }) => findings);
}

/** Lets the checker judge the run, and takes down which of its anomalies are about which of these records. */
export function judge(
  run: Run,
  records: readonly Belongings[],
): { result: Result; about: (index: number) => FindingAbout[] } {
  const anomalies = records.map((): { anomaly: Anomaly; about?: 'offset' | 'transaction' }[] => []);
  const result = check(run, {
    claim: 'kept',
    onAnomaly: (anomaly) => {
      for (const [index, record] of records.entries()) {
        const relation = relationOf(anomaly, record);
        if (relation === null) continue;
        const list = anomalies[index]!;
        if (list.length < ANOMALIES_MAX)
          list.push({ anomaly, ...(relation !== 'record' && { about: relation }) });
      }
    },
  });
  const findings = numbered(result);
  return {
    result,
    about: (index) => {
      const value = valueName(records[index]!.worker, records[index]!.seq);
      const found = new Map<number, FindingAbout>();
      for (const { anomaly, about } of anomalies[index]!) {
        // What the checker took back stands in no finding.
        const at = findings.findIndex((finding) => holds(finding, anomaly));
        // What is said of the record itself counts before what is said of its offset.
        if (at < 0 || (found.has(at) && (found.get(at)!.about === undefined || about !== undefined)))
          continue;
        found.set(at, aboutOf(findings[at]!, at + 1, value, about));
      }
      // Some findings name records only as examples.
      for (const [at, finding] of findings.entries())
        if (!found.has(at) && finding.examples.some((example) => example.value === value))
          found.set(at, aboutOf(finding, at + 1, value));
      return [...found.entries()].toSorted(([a], [b]) => a - b).map(([, finding]) => finding);
    },
  };
}

/** So many that one record may have: each reader may have skipped it. */
const ANOMALIES_MAX = 100;

function relationOf(
  { kind, worker, seq, partition, offset, timeNs }: Anomaly,
  record: Belongings,
): 'record' | 'offset' | 'transaction' | null {
  const isItsWorker = worker === record.worker;
  if (isItsWorker && seq === record.seq && !ABOUT_TRANSACTIONS.has(kind)) return 'record';
  if (ABOUT_TRANSACTIONS.has(kind) && record.fellows.has(`${worker}:${seq}`)) return 'transaction';
  if (kind === 'zombie-commit' && seq < 0 && isItsWorker && timeNs === record.endInvokeNs)
    return 'transaction';
  const isItsOffset = record.places.some((place) => place.partition === partition && place.offset === offset);
  return ABOUT_OFFSETS.has(kind) && isItsOffset ? 'offset' : null;
}

function holds(finding: Finding, { kind, loss, partition, ruling, offset, timeNs }: Anomaly): boolean {
  if (finding.kind !== kind || (finding.loss ?? null) !== loss || finding.partition !== partition)
    return false;
  if (finding.reason !== ruling.reason || finding.judgement !== ruling.judgement) return false;
  return isWithin(finding.offsets, offset) && isWithin(finding.timeNs, timeNs);
}

function isWithin(range: readonly [number, number] | undefined, value: number): boolean {
  return value < 0 || (range !== undefined && range[0] <= value && value <= range[1]);
}

function aboutOf(
  { kind, loss, judgement, blame, reason, count, endedBy, reader, examples }: Finding,
  number: number,
  value: string,
  about?: 'offset' | 'transaction',
): FindingAbout {
  const detail = examples.find((example) => example.value === value)?.detail;
  return {
    number,
    kind,
    ...(loss !== undefined && { loss }),
    judgement,
    blame,
    reason,
    count,
    ...(endedBy !== undefined && { endedBy }),
    ...(reader !== undefined && { reader }),
    ...(detail !== undefined && { detail }),
    ...(about !== undefined && { about }),
  };
}
