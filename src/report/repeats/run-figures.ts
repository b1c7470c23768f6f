import type { FindingKind, Judgement, Result, Verdict } from '../../checker/result.ts';
import type { RunInfo } from '../../history/run.ts';
import type { Availability } from '../figures/availability.ts';
import { type Settings, settingsOf } from './settings.ts';

/** What a table of many runs wants to know of one. */
export interface RunFigures {
  /** The run directory. */
  directory: string;
  seed: number;
  status: RunInfo['status'];
  verdict: Verdict;
  /** The first reason of the verdict. */
  reason: string;
  settings: Settings;
  attempted: number;
  /** With acks=0, that no broker acknowledges: sent. */
  acknowledged: number;
  failed: number;
  unknown: number;
  /** Acknowledged records that are missing; with acks=0, records that were sent. */
  lost: number;
  /** One for each kind, loss and judgement. */
  findings: FoundInRun[];
  /** The longest time under load without an acknowledgement; null where none is known. */
  longestGapNs: number | null;
  latencyP99Ms: number | null;
  startedAt: string;
  /** By the wall clock, from the start to the end of recording; null where the run did not come to its end. */
  seconds: number | null;
}

export interface FoundInRun {
  kind: FindingKind;
  loss?: 'truncated' | 'hole';
  judgement: Judgement;
  /** Values, offsets or whatever the kind counts. */
  records: number;
}

export function runFigures(
  directory: string,
  info: RunInfo,
  { result, availability }: { result: Result; availability: Availability },
): RunFigures {
  const { counts } = result;
  const gap = availability.longestGap;
  return {
    directory,
    seed: info.seed,
    status: info.status,
    verdict: result.verdict,
    reason: result.reasons[0] ?? '',
    settings: settingsOf(info),
    attempted: counts.attempted,
    acknowledged: counts.ok + counts.sent,
    failed: counts.fail,
    unknown: counts.info,
    lost: counts.lost + counts['lost-after-read'] + counts['sent-missing'],
    findings: foundIn(result),
    longestGapNs: gap === null ? null : gap.toNs - gap.fromNs,
    latencyP99Ms: availability.latency?.p99Ms ?? null,
    startedAt: info.startedAt,
    seconds: secondsOf(info),
  };
}

function foundIn({ findings }: Result): FoundInRun[] {
  const found = new Map<string, FoundInRun>();
  for (const { kind, loss, judgement, count } of findings) {
    const key = [kind, loss, judgement].join('/');
    const known = found.get(key);
    if (known === undefined) found.set(key, { kind, ...(loss && { loss }), judgement, records: count });
    else known.records += count;
  }
  return [...found.values()];
}

function secondsOf({ startedAt, endedAt }: RunInfo): number | null {
  const seconds = (Date.parse(endedAt ?? '') - Date.parse(startedAt)) / 1_000;
  return seconds >= 0 ? seconds : null;
}

/** Whether a run is one of those that figures are taken from: it went to its end, and its verdict says something. */
export function isCounted({ status, verdict }: Pick<RunFigures, 'status' | 'verdict'>): boolean {
  return status === 'complete' && verdict !== 'inconclusive';
}
