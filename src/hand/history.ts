import { thisProcess } from '../core/process-identity.ts';
import type { Clock } from '../core/clock.ts';
import { writeWhole } from '../core/draft.ts';
import { freshId } from '../core/random.ts';
import { join } from 'node:path';
import type { Acks } from '../client/outcome.ts';
import { createRunDirectory } from '../history/directory.ts';
import type { Event, PhaseName } from '../history/event.ts';
import { SCHEDULE_FILE } from '../history/layout.ts';
import { openRecorder, type Recorder } from '../history/recorder/recorder.ts';
import type { RunInfo } from '../history/run.ts';
import { executedSchedule } from '../nemesis/executed.ts';
import { infoOf } from '../run/run-info.ts';
import type { HandPlan } from './plan.ts';
import { tally, type Tally } from '../runner/tally.ts';
import { contractOf } from '../scenario/contract.ts';
import type { Scenario } from '../scenario/schema.ts';
import { earlierEvent, earlierRead, earlierWrite, timeOf } from './earlier.ts';

/** The phases that what is done by hand goes through on its own; the others come with the reading back. */
const PHASES: readonly PhaseName[] = ['setup', 'warm-up', 'faults'];

/**
 * What is done by hand between two fresh topics, recorded as a run of its own. There is no run directory before the
 * first producer: what happened until then waits in memory. Its time begins where its topic does, though the clock of the
 * lab runs on.
 */
export class HandHistory {
  readonly run = freshId();
  /** Everything that is told of it passes through here. */
  readonly account: Tally;
  readonly recorder: Recorder;
  readonly startNs: number;
  readonly #options: HandHistoryOptions;
  readonly #waiting: Event[] = [];
  /** For the schedule that does it again. */
  readonly #deeds: Event[] = [];
  #open: Recorder | null = null;
  #scenario: Scenario;
  #directory: string | null = null;
  #workers = 0;
  #phase = -1;

  constructor(options: HandHistoryOptions) {
    const { clock } = options;
    this.#options = options;
    this.#scenario = options.plan.scenario;
    this.startNs = options.startNs;
    const never = new Promise<never>(() => undefined);
    this.recorder = {
      event: (event) => this.#event(event),
      write: (row) => this.#open?.write(earlierWrite(row, this.startNs)),
      read: (row) => this.#open?.read(earlierRead(row, this.startNs)),
      // What is done by hand is not done in transactions.
      transaction: () => undefined,
      marker: () => undefined,
      flush: async () => this.#open?.flush(),
      update: async (info) => this.#open?.update(info),
      close: async (status, failure) => this.#open?.close(status, failure),
      failed: never,
    };
    this.account = tally({
      recorder: this.recorder,
      clock,
      partitions: this.#scenario.topic.partitions,
      onProgress: () => undefined,
    });
    this.enter('setup');
  }

  get seed(): number {
    return this.#options.plan.seed;
  }

  /** Null before the first producer. */
  get directory(): string | null {
    return this.#directory;
  }

  /** What its producers wait for; null before the first of them. */
  get acks(): Acks | null {
    return this.#directory === null ? null : this.#scenario.producer.acks;
  }

  get scenario(): Scenario {
    return this.#scenario;
  }

  /** Goes on to a phase, never back. */
  enter(name: PhaseName): void {
    const index = PHASES.indexOf(name);
    if (index <= this.#phase) return;
    this.#phase = index;
    this.account.enter(name);
  }

  /** Opens the run directory, once. Its contract is what the first producer waits for. */
  async begin(acks: Acks, load: Partial<Scenario['load']>): Promise<void> {
    if (this.#directory !== null) return;
    const { plan, clock, info, nodes } = this.#options;
    const { count: _, ...ownLoad } = plan.scenario.load;
    this.#scenario = {
      ...plan.scenario,
      producer: { ...plan.scenario.producer, acks },
      load: { ...ownLoad, ...load },
    };
    this.#directory = await createRunDirectory(plan.store);
    const described = infoOf(
      {
        ...plan,
        run: this.run,
        scenario: this.#scenario,
        directory: this.#directory,
        process: plan.process ?? thisProcess(),
      },
      { ...info, nodes: [...nodes], workers: 0 },
    );
    this.#open = await openRecorder(this.#directory, described, clock);
    for (const event of this.#waiting.splice(0)) this.#open.event(event);
  }

  /** Numbers for so many workers that no other producer of this history has. @returns the first of them. */
  takeWorkers(count: number): number {
    const first = this.#workers;
    this.#workers += count;
    return first;
  }

  /**
   * Ends it.
   * @param failure why, where the status is `failed`.
   * @returns its run directory; null where nothing was produced.
   */
  async close(status: RunInfo['status'], failure?: unknown): Promise<string | null> {
    if (this.#open === null || this.#directory === null) return null;
    const schedule = executedSchedule(this.#deeds);
    const { workers, ...load } = this.#scenario.load;
    const scenario = {
      ...this.#scenario,
      load: { ...load, workers: Math.min(1_000, Math.max(workers, this.#workers)) },
      phases: this.#phasesDone(),
      nemesis: { script: [...schedule], keepBrokersUp: 0 },
      faultsPlanned: schedule.length,
    };
    await this.#open.update({ workers: this.#workers, scenario, contract: contractOf(this.#scenario) });
    writeWhole(join(this.#directory, SCHEDULE_FILE), `${JSON.stringify(schedule, null, 2)}\n`);
    await this.#open.close(status, failure);
    return this.#directory;
  }

  #event(event: Event): void {
    // Logs are read from their beginnings, and tell of earlier topics too.
    if (timeOf(event) < this.startNs && (event.type === 'log' || event.type === 'view')) return;
    const earlier = earlierEvent(event, this.startNs);
    if (event.type === 'phase' || event.type.startsWith('fault')) this.#deeds.push(earlier);
    if (this.#open !== null) this.#open.event(earlier);
    else if (event.type !== 'end') this.#waiting.push(earlier);
  }

  /** As long as they lasted, for whatever does it again. */
  #phasesDone(): Scenario['phases'] {
    const at = (name: PhaseName): number | null => {
      const found = this.#deeds.find((event) => event.type === 'phase' && event.name === name);
      return found?.type === 'phase' ? found.timeNs / 1e6 : null;
    };
    const settled = at('settle') ?? 0;
    const struck = at('faults') ?? settled;
    return {
      warmUpMs: Math.max(0, Math.round(struck - (at('warm-up') ?? struck))),
      faultsMs: Math.max(0, Math.round(settled - struck)),
      recoveryMs: 0,
    };
  }
}

export interface HandHistoryOptions {
  plan: HandPlan;
  /** What run.json says of the world. */
  info: Pick<RunInfo, 'world'> & Partial<RunInfo>;
  nodes: RunInfo['nodes'];
  /** The lab's; its time zero is the lab's start. */
  clock: Clock;
  /** When this history begins, on that clock. */
  startNs: number;
}
