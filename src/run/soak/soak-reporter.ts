import type { Event } from '../../history/event.ts';
import type { NodeInfo } from '../../history/run.ts';
import type { PeriodLine } from '../../report/soak/period-line.ts';
import type { Progress } from '../../runner/progress.ts';
import type { PeriodPlan } from './period-plan.ts';

/** How a soak speaks while it goes on. */
export interface SoakReporter {
  say(text: string): void;
  /** The period that goes on. */
  progress(period: PeriodPlan, progress: Readonly<Progress>, nodes: readonly NodeInfo[]): void;
  /** Something of it that a person should see at once. */
  event(period: PeriodPlan, event: Event): void;
  /** A period that is over. */
  period(line: PeriodLine): void;
  end(): void;
}
