import { NS_PER_SECOND } from '../../core/clock.ts';
import { firstIndex } from '../../core/sorted.ts';
import type { PhaseName } from '../../history/event.ts';
import { eventsOf, lastEventNs } from '../../history/events-of.ts';
import { int64At, type Run, type WriteBatch } from '../../history/run.ts';
import { OUTCOMES, type Outcome } from '../../history/write.ts';
import { firstAckMeter } from './first-acks.ts';
import { type Latency, LatencyTotal } from './latency.ts';
import { type Gap, longestGap, type Segment, segmentMeter } from './segments.ts';

/** How available the cluster was for writing. All times in ns since the run began, unless they say otherwise. */
export interface Availability {
  phases: ({ name: PhaseName } & Stretch)[];
  /**
   * Each while it was in force. `before`: how long writes took that were due in the time without any fault right before the
   * strike; null where there was no such time, or no acknowledgement in it.
   */
  faults: ({ fault: string; before: Latency | null } & Stretch)[];
  /** Faults beyond the first thousand, of which there are no figures. */
  faultsLeftOut: number;
  /**
   * The longest time under load without any acknowledgement. Null when there was no load at all. Where the history has
   * no phases, the load lasted from the first write that was begun to the last one that came to an end.
   */
  longestGap: Gap | null;
  /** How long after each strike and each heal the first write *begun after it* was acknowledged; null: none was. */
  recoveries: Recovery[];
  /** From when the load's schedule meant a write to be sent to its acknowledgement; null when there was none. */
  latency: Latency | null;
  /** What became of the writes that were not acknowledged, the most frequent first. `share` is that of all writes. */
  errors: { outcome: Outcome; error: string | null; count: number; share: number }[];
  /** Kinds of errors beyond the twenty most frequent ones, of which there are no figures. */
  errorsLeftOut: number;
}

/** A part of the run. */
export interface Stretch {
  fromNs: number;
  toNs: number;
  /** Acknowledgements that came in it. */
  acked: number;
  ackedPerSecond: number;
  longestGapNs: number;
  /** What became of the writes that were due in it, and how long those took that were acknowledged. */
  due: Record<Outcome, number>;
  latency: Latency | null;
}

export interface Recovery {
  fault: string;
  after: 'strike' | 'heal';
  timeNs: number;
  firstAckAfterNs: number | null;
}

const LOAD_PHASES: ReadonlySet<PhaseName> = new Set<PhaseName>(['warm-up', 'faults', 'recovery']);
const FAULTS_MAX = 1_000;
const ERRORS_MAX = 20;

/**
 * What came and was due in each phase and under each fault, and the first acknowledgement after every strike and heal.
 */
export function availabilityOf(run: Run): Availability {
  const meter = availabilityMeter(run);
  for (const batch of run.writes()) meter.visit(batch);
  return meter.total();
}

/** As `availabilityOf`, for a pass over the writes that somebody else makes: `visit` wants every batch once. */
export function availabilityMeter(run: Pick<Run, 'events' | 'ends'>): {
  visit(batch: WriteBatch): void;
  total(): Availability;
} {
  const phases = loadPhases(run);
  const allFaults = faultStretches(run);
  const faults = allFaults.slice(0, FAULTS_MAX);
  const calm = calmBefore(allFaults, phases[0]?.fromNs ?? 0);
  const errors = new ErrorCounts();
  const firstAcks = firstAckMeter(strikesAndHeals(run.events));
  const pieces = segmentMeter([...phases, ...faults].flatMap(({ fromNs, toNs }) => [fromNs, toNs]));
  const load = new LoadSpan(phases);
  return {
    visit(batch) {
      load.visit(batch);
      pieces.visit(batch);
      firstAcks.visit(batch);
      errors.visit(batch);
    },
    total: () => totalOf(pieces.segments()),
  };

  function totalOf(segments: readonly Segment[]): Availability {
    return {
      phases: phases.map(({ name, ...span }) => ({ name, ...stretchOf(segments, span) })),
      faults: faults.map(({ fault, ...span }, index) => ({
        fault,
        before: latencyOf(within(segments, { fromNs: calm[index]!, toNs: span.fromNs })),
        ...stretchOf(segments, span),
      })),
      faultsLeftOut: allFaults.length - faults.length,
      longestGap: load.span === null ? null : longestGap(segments, load.span.fromNs, load.span.toNs),
      recoveries: firstAcks.total(),
      latency: latencyOf(segments),
      errors: errors.list(),
      errorsLeftOut: errors.leftOut,
    };
  }
}

/** The pieces between two of their edges. */
function within(segments: readonly Segment[], { fromNs, toNs }: Gap): readonly Segment[] {
  return segments.slice(
    firstIndex(segments, (segment) => segment.fromNs >= fromNs),
    firstIndex(segments, (segment) => segment.toNs > toNs),
  );
}

function stretchOf(segments: readonly Segment[], { fromNs, toNs }: Gap): Stretch {
  const inside = within(segments, { fromNs, toNs });
  const acked = inside.reduce((sum, segment) => sum + segment.acked, 0);
  const gap = longestGap(inside, fromNs, toNs);
  const due = OUTCOMES.map((outcome, code) => [
    outcome,
    inside.reduce((sum, segment) => sum + segment.due[code]!, 0),
  ]);
  return {
    fromNs,
    toNs,
    acked,
    ackedPerSecond: toNs > fromNs ? (acked * NS_PER_SECOND) / (toNs - fromNs) : 0,
    longestGapNs: gap === null ? 0 : gap.toNs - gap.fromNs,
    due: Object.fromEntries(due),
    latency: latencyOf(inside),
  };
}

/** When there was load: in its phases, or from the first write to the end of the last one where there are none. */
class LoadSpan {
  readonly #arePhases: boolean;
  #fromNs: number;
  #toNs: number;

  constructor(phases: readonly Gap[]) {
    this.#arePhases = phases.length > 0;
    this.#fromNs = phases[0]?.fromNs ?? Infinity;
    this.#toNs = phases.at(-1)?.toNs ?? -Infinity;
  }

  visit({ length, invokeNs, completeNs }: WriteBatch): void {
    if (this.#arePhases) return;
    for (let row = 0; row < length; row++) {
      const begunNs = int64At(invokeNs, row);
      // What was never answered was under way when it was begun.
      const endedNs = Math.max(begunNs, int64At(completeNs, row));
      if (begunNs < this.#fromNs) this.#fromNs = begunNs;
      if (endedNs > this.#toNs) this.#toNs = endedNs;
    }
  }

  get span(): Gap | null {
    return this.#toNs < this.#fromNs ? null : { fromNs: this.#fromNs, toNs: this.#toNs };
  }
}

function latencyOf(segments: readonly Segment[]): Latency | null {
  const total = new LatencyTotal();
  for (const { latencies } of segments) latencies.addTo(total);
  return total.summary();
}

/** By the code of an outcome. */
const ENDED_BADLY = OUTCOMES.map((outcome) => outcome === 'fail' || outcome === 'info');

class ErrorCounts {
  readonly #counts = new Map<string, { outcome: Outcome; error: string | null; count: number }>();
  #writes = 0;

  visit({ length, outcome, error, errorNames }: WriteBatch): void {
    this.#writes += length;
    for (let row = 0; row < length; row++)
      if (ENDED_BADLY[outcome[row]!] === true) this.#add(outcome[row]!, error[row]!, errorNames);
  }

  #add(outcome: number, error: number, names: readonly string[]): void {
    const name = error === 0 ? null : (names[error] ?? `unknown error ${error}`);
    const key = `${outcome} ${name}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { outcome: OUTCOMES[outcome]!, error: name, count: 1 });
    else known.count++;
  }

  get leftOut(): number {
    return Math.max(0, this.#counts.size - ERRORS_MAX);
  }

  list(): Availability['errors'] {
    return [...this.#counts.values()]
      .toSorted((a, b) => b.count - a.count)
      .slice(0, ERRORS_MAX)
      .map((entry) => ({ ...entry, share: entry.count / this.#writes }));
  }
}

/** Phases that carry load, each up to the next one's start; a torn run's last phase lasts to its last event. */
function loadPhases(run: Pick<Run, 'events' | 'ends'>): { name: PhaseName; fromNs: number; toNs: number }[] {
  const starts = eventsOf(run.events, 'phase');
  return starts.flatMap(({ name, timeNs }, index) => {
    if (!LOAD_PHASES.has(name)) return [];
    const toNs = starts[index + 1]?.timeNs ?? lastEventNs(run);
    return [{ name, fromNs: timeNs, toNs: Math.max(timeNs, toNs) }];
  });
}

/** From strike to heal; a fault that was never healed lasts to the end of the load. */
function faultStretches(
  run: Pick<Run, 'events' | 'ends'>,
): { fault: string; fromNs: number; toNs: number }[] {
  const endNs = loadPhases(run).at(-1)?.toNs ?? lastEventNs(run);
  const spans = new Map<string, { fault: string; fromNs: number; toNs: number }>();
  for (const event of eventsOf(run.events, 'fault-start', 'fault-stop')) {
    if (event.type === 'fault-start') {
      const toNs = Math.max(event.timeNs, endNs);
      spans.set(event.id, { fault: event.id, fromNs: event.timeNs, toNs });
    } else {
      const span = spans.get(event.id);
      if (span !== undefined) span.toNs = Math.max(span.fromNs, event.timeNs);
    }
  }
  return [...spans.values()];
}

/** For each fault since when no other one had been in force when it struck; its own beginning where another one was. */
function calmBefore(faults: readonly Gap[], loadFromNs: number): number[] {
  const inOrder = faults.map((span, index) => ({ ...span, index })).toSorted((a, b) => a.fromNs - b.fromNs);
  const since: number[] = [];
  let latestNs = loadFromNs;
  for (const { fromNs, toNs, index } of inOrder) {
    since[index] = Math.min(fromNs, latestNs);
    latestNs = Math.max(latestNs, toNs);
  }
  return since;
}

function strikesAndHeals(events: Run['events']): Omit<Recovery, 'firstAckAfterNs'>[] {
  return eventsOf(events, 'fault-start', 'fault-stop')
    .map((event) => ({
      fault: event.id,
      after: event.type === 'fault-start' ? ('strike' as const) : ('heal' as const),
      timeNs: event.timeNs,
    }))
    .toSorted((a, b) => a.timeNs - b.timeNs);
}
