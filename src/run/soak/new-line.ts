import { wallClock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import type { Judged, PeriodLine } from '../../report/soak/period-line.ts';
import { memoryBytes } from './memory.ts';
import type { PeriodPlan } from './period-plan.ts';
import type { WithoutLine } from './without-line.ts';

/** The line of a period that is over now, before anything is known of it. */
export function lineOf(
  { period, seed, kinds, load }: PeriodPlan,
  more: { startedAt: string; directory: string },
): PeriodLine {
  return {
    period,
    seed,
    ended: 'complete',
    failure: null,
    kinds,
    load,
    ...more,
    endedAt: wallClock(),
    judged: null,
    stuck: null,
    historyBytes: 0,
    memoryBytes: memoryBytes(),
    asleepMs: 0,
  };
}

export function outcomeOf(judged: Judged | Failure): Pick<PeriodLine, 'judged' | 'failure'> {
  return judged instanceof Failure
    ? { judged: null, failure: `it could not be judged: ${judged.message}` }
    : { judged, failure: null };
}

/** The line of a period that a tool has left which was killed: recorded to its end, or cut short. */
export function leftOverLine(
  drawn: PeriodPlan,
  judged: Judged | Failure,
  { name, isAside }: WithoutLine,
): PeriodLine {
  const status = judged instanceof Failure ? 'running' : judged.figures.status;
  // run.json says that it is complete before the other files have their end marks.
  const isOver = status === 'failed' || (status === 'complete' && (judged as Judged).isWhole);
  const ended = isOver && !isAside ? status : 'cut-short';
  const outcome = outcomeOf(judged);
  const startedAt = judged instanceof Failure ? wallClock() : judged.figures.startedAt;
  return {
    ...lineOf(drawn, { startedAt, directory: name }),
    ...outcome,
    ended,
    failure: ended === 'failed' ? (outcome.judged?.figures.reason ?? null) : outcome.failure,
  };
}
