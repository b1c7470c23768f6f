import type { Claim, Finding, Verdict } from '../checker/result.ts';
import { messageOf } from '../core/failure.ts';
import { drawScenario, type Draw } from '../scenario/swarm.ts';
import { drawGroupScenario } from '../scenario/group-swarm.ts';
import { drawTransactionalScenario } from '../scenario/transactional-swarm.ts';
import type { Bug } from '../sim/bugs.ts';
import { accusations, tryOut } from './trial.ts';

/** What came of one seed, small enough to be passed between processes and forgotten. */
export interface SeedReport {
  seed: number;
  /** `crashed`: the run threw, which is a defect of the model or of this program. */
  verdict: Verdict | 'crashed';
  accusations: Pick<Finding, 'kind' | 'judgement' | 'blame' | 'count'>[];
  /** Why the verdict is what it is; the first reason. */
  reason: string;
  writes: number;
}

/** How seeds are tried. */
export interface SeedOptions {
  bug: Bug | null;
  claim: Claim;
  /** In which `transaction.version` their workers write in transactions; in none if absent. */
  transactions?: 1 | 2;
  /** With a consumer group each; without any if absent. */
  groups?: true;
}

export function drawSeed(
  seed: number,
  { transactions, groups }: Pick<SeedOptions, 'transactions' | 'groups'>,
): Draw {
  if (groups === true) return drawGroupScenario(seed);
  return transactions === undefined ? drawScenario(seed) : drawTransactionalScenario(seed, transactions);
}

/** Draws a scenario from the seed, runs it in virtual time, and decides. */
export async function trySeed(seed: number, how: SeedOptions): Promise<SeedReport> {
  try {
    const { result } = await tryOut({ ...drawSeed(seed, how), seed, bug: how.bug }, how.claim);
    return {
      seed,
      verdict: result.verdict,
      accusations: accusations(result).map(({ kind, judgement, blame, count }) => ({
        kind,
        judgement,
        blame,
        count,
      })),
      reason: result.reasons[0] ?? '',
      writes: result.counts.attempted,
    };
  } catch (error) {
    return { seed, verdict: 'crashed', accusations: [], reason: messageOf(error), writes: 0 };
  }
}

/** A range of seeds, both ends included. */
export interface SeedRange {
  first: number;
  last: number;
}

/** Every `of`-th seed of the range, beginning with number `part`: what one of several processes tries. */
export function* seedsOf({ first, last }: SeedRange, part = 0, of = 1): Generator<number> {
  for (let seed = first + part; seed <= last; seed += of) yield seed;
}

/** The sum of many seeds, in memory that does not grow with their number. */
export class Tally {
  readonly verdicts = { valid: 0, invalid: 0, inconclusive: 0, crashed: 0 };
  /** The first failures in the order of their seeds; the rest is counted. */
  readonly failures: SeedReport[] = [];
  /** How often a seed proved nothing, by reason. */
  readonly doubts = new Map<string, number>();
  writes = 0;
  /** Seeds that were to be tried, and of which nothing is known. */
  readonly untried: number[] = [];

  get seeds(): number {
    return Object.values(this.verdicts).reduce((sum, count) => sum + count, 0);
  }

  add(report: SeedReport): void {
    this.verdicts[report.verdict]++;
    this.writes += report.writes;
    if (report.verdict === 'inconclusive') {
      const reason = generalized(report.reason);
      const known = this.doubts.has(reason) || this.doubts.size < DOUBTS_MAX ? reason : 'Other reasons.';
      this.doubts.set(known, (this.doubts.get(known) ?? 0) + 1);
    }
    if (report.verdict === 'invalid' || report.verdict === 'crashed') {
      this.failures.push(report);
      this.failures.sort((a, b) => a.seed - b.seed);
      this.failures.length = Math.min(this.failures.length, FAILURES_MAX);
    }
  }
}

const FAILURES_MAX = 100;
const DOUBTS_MAX = 30;

/** Without the figures and names that make every reason another one. */
function generalized(reason: string): string {
  return reason
    .replaceAll(/\bfault-\d+/g, 'fault-N')
    .replaceAll(/\b(kafka|controller)\d+(, (kafka|controller)\d+)*/g, '$1N')
    .replaceAll(/\d[\d,.]*/g, 'N');
}
