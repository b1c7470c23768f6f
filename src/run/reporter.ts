import type { Event } from '../history/event.ts';
import type { NodeInfo, Run } from '../history/run.ts';
import type { Progress } from '../runner/progress.ts';
import type { Decided } from './decided.ts';
import type { Plan } from './plan.ts';
import type { SoakReporter } from './soak/soak-reporter.ts';

/** How a run speaks to the person who started it. A terminal is one way; nothing here knows any other. */
export interface Reporter {
  /** A sentence of its own. */
  say: (text: string) => void;
  /** What goes on, from the first event to the last. */
  follow(nodes: () => readonly NodeInfo[]): Follower;
  /** The same run, which tells how far it has been read. */
  reading: (run: Run) => { run: Run; end(): void };
  /** What came out. */
  show(decided: Decided, plan: Pick<Plan, 'json' | 'directory'>): void;
  /** Speaks of the periods of a soak. */
  soak(plan: Pick<Plan, 'directory' | 'soak'>): Promise<SoakReporter>;
  /** The last word, whatever came out. */
  close(plan: Plan): Promise<void>;
}

export interface Follower {
  progress(progress: Readonly<Progress>): void;
  event(event: Event): void;
  line(text: string): void;
  /** No more is to come. */
  end(): void;
}
