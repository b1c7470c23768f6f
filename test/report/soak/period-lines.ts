import type { Finding, Result, Verdict } from '../../../src/checker/result.ts';
import { FINDING_KINDS } from '../../../src/checker/result.ts';
import { type FaultCost, noCost } from '../../../src/report/soak/fault-cost.ts';
import type { FaultTally } from '../../../src/report/soak/fault-tally.ts';
import { addFigure } from '../../../src/report/soak/rough-spread.ts';
import type { StruckRole } from '../../../src/report/soak/struck-roles.ts';
import type { PeriodLine } from '../../../src/report/soak/period-line.ts';

const CONTRACT = {
  acks: 'all' as const,
  minInsyncReplicas: 2,
  replicationFactor: 3,
  uncleanLeaderElection: false,
  idempotence: false,
  clientRetries: false,
};

/** What a checker may say of a period. */
export function resultLike(
  verdict: Verdict,
  { ok = 100, findings = [] }: { ok?: number; findings?: Finding[] } = {},
): Result {
  const counts = Object.fromEntries(FINDING_KINDS.map((kind) => [kind, 0])) as unknown as Result['counts'];
  for (const { kind, count } of findings) counts[kind] += count;
  return {
    version: 1,
    run: 'r',
    claim: 'kept',
    verdict,
    reasons: [`because it is ${verdict}`],
    contract: CONTRACT,
    counts: { ...counts, attempted: ok, ok, sent: 0, fail: 0, info: 0, found: ok, 'info-found': 0 },
    findings,
  };
}

export function lossLike(
  count: number,
  judgement: Finding['judgement'] = 'violation',
  reason = `it is a ${judgement}`,
): Finding {
  return {
    kind: 'lost',
    partition: 0,
    count,
    judgement,
    reason,
    blame: 'broker',
    values: 'w0 0',
    examples: [],
  };
}

/** A line of a ledger; valid, with a fault that struck, unless something else is said. */
export function periodLine(
  line: Partial<PeriodLine> & { period: number },
  judged: { result?: Result; faults?: FaultTally[]; longestGapNs?: number; latencyP99Ms?: number } = {},
): PeriodLine {
  const result = judged.result ?? resultLike('valid');
  const { counts } = result;
  return {
    seed: 1,
    ended: 'complete',
    failure: null,
    kinds: ['kill'],
    load: '10 writes/s',
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:01:00.000Z',
    judged: {
      figures: {
        seed: 1,
        status: 'complete',
        verdict: result.verdict,
        reason: result.reasons[0]!,
        settings: {},
        attempted: counts.attempted,
        acknowledged: counts.ok,
        failed: 0,
        unknown: 0,
        lost: counts.lost,
        findings: [],
        longestGapNs: judged.longestGapNs ?? 1e9,
        latencyP99Ms: judged.latencyP99Ms ?? 10,
        startedAt: '2026-01-01T00:00:00.000Z',
        seconds: 60,
      },
      result,
      faults: judged.faults ?? [tally('kill', 'leader', { struck: 1 })],
      digest: 'd',
      unavailableNs: 0,
      lengthNs: 60e9,
      isWhole: true,
      memoryBytes: 1,
    },
    stuck: null,
    directory: null,
    historyBytes: 10,
    memoryBytes: 100,
    asleepMs: 0,
    ...line,
  };
}

/** Of a kind whose every strike struck a node of this role. */
export function tally(
  kind: string,
  role: StruckRole,
  { cost = noCost(), ...more }: Partial<Omit<FaultTally, 'roles'>>,
): FaultTally {
  const { struck = 0, failed = 0, skipped = 0 } = more;
  return { kind, struck, failed, skipped, cost, roles: struck > 0 ? [{ role, struck, cost }] : [] };
}

/** What one fault cost. */
export function costLike({
  lengthNs,
  unavailableNs,
  firstAckMs,
  p99Ms: [before, during],
}: {
  lengthNs: number;
  unavailableNs: number;
  firstAckMs: number;
  p99Ms: [before: number, during: number];
}): FaultCost {
  const cost = { ...noCost(), faults: 1, lengthNs, unavailableNs };
  addFigure(cost.firstAckMs, firstAckMs);
  addFigure(cost.p99BeforeMs, before);
  addFigure(cost.p99DuringMs, during);
  return cost;
}
