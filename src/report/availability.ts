import { NS_PER_SECOND } from '../core/clock.ts';
import type { FaultStartEvent, FaultStopEvent, PhaseEvent, PhaseName } from '../history/event.ts';
import { int64At } from '../history/run.ts';
import type { Run, WriteBatch } from '../history/run.ts';
import { OUTCOMES } from '../history/write.ts';

/** How available the cluster was for writing, from one pass over the writes. All times in ns since the run began. */
export interface Availability {
  phases: { name: PhaseName; fromNs: number; toNs: number; acked: number; ackedPerSecond: number }[];
  /** The longest time under load without any acknowledgement. Null when there was no load at all. */
  longestGap: { fromNs: number; toNs: number } | null;
  /** How long after each strike and each heal the first write *begun after it* was acknowledged; null: none was. */
  recoveries: { fault: string; after: 'strike' | 'heal'; timeNs: number; firstAckAfterNs: number | null }[];
}

const LOAD_PHASES: ReadonlySet<PhaseName> = new Set<PhaseName>(['warm-up', 'faults', 'recovery']);
const OK = OUTCOMES.indexOf('ok');

/**
 * Acknowledgements per phase, the longest silence, and the time to the first acknowledgement after every strike and
 * heal. An acknowledgement that was already on its way when a fault struck says nothing about life under the fault:
 * only writes begun after the mark count for it.
 */
export function availabilityOf(run: Run): Availability {
  const meter = availabilityMeter(run);
  for (const batch of run.writes()) meter.visit(batch);
  return meter.total();
}

/** As `availabilityOf`, for a pass over the writes that somebody else makes: `visit` wants every batch once. */
export function availabilityMeter({ events }: Run): {
  visit(batch: WriteBatch): void;
  total(): Availability;
} {
  const phases = loadPhases(events);
  const marks = strikesAndHeals(events);
  const markNs = Float64Array.from(marks, (mark) => mark.timeNs);
  /** Earliest acknowledgement among the writes begun between mark i and the next one. */
  const firstAckNs = new Float64Array(marks.length).fill(Infinity);
  const loadFromNs = phases[0]?.fromNs ?? null;
  const loadToNs = phases.at(-1)?.toNs ?? null;
  const silence = longestSilence(loadFromNs, loadToNs ?? Infinity);
  let phase: (typeof phases)[number] | undefined;

  const visit = (batch: WriteBatch) => {
    for (let row = 0; row < batch.length; row++) {
      if (batch.outcome[row] !== OK) continue;
      const completeNs = int64At(batch.completeNs, row);
      silence.ack(completeNs);
      // Nearly always the phase of the one before.
      if (phase === undefined || completeNs < phase.fromNs || completeNs >= phase.toNs)
        phase = phases.find((candidate) => completeNs >= candidate.fromNs && completeNs < candidate.toNs);
      if (phase !== undefined) phase.acked++;
      if (markNs.length === 0) continue;
      const mark = lastAtOrBefore(markNs, int64At(batch.invokeNs, row));
      if (mark >= 0 && completeNs < firstAckNs[mark]!) firstAckNs[mark] = completeNs;
    }
  };
  return { visit, total: () => total(phases, marks, firstAckNs, silence.longest()) };
}

function total(
  phases: ReturnType<typeof loadPhases>,
  marks: ReturnType<typeof strikesAndHeals>,
  firstAckNs: Float64Array,
  longestGap: Availability['longestGap'],
): Availability {
  for (let mark = marks.length - 2; mark >= 0; mark--) {
    firstAckNs[mark] = Math.min(firstAckNs[mark]!, firstAckNs[mark + 1]!);
  }
  return {
    phases: phases.map((phase) => ({
      name: phase.name,
      fromNs: phase.fromNs,
      toNs: phase.toNs,
      acked: phase.acked,
      ackedPerSecond:
        phase.toNs > phase.fromNs ? (phase.acked * NS_PER_SECOND) / (phase.toNs - phase.fromNs) : 0,
    })),
    longestGap,
    recoveries: marks.map((mark, index) => ({
      fault: mark.fault,
      after: mark.after,
      timeNs: mark.timeNs,
      firstAckAfterNs: Number.isFinite(firstAckNs[index]!) ? firstAckNs[index]! - mark.timeNs : null,
    })),
  };
}

/** Phases that carry load, each up to the next one's start; a torn run's last phase lasts to its last event. */
function loadPhases(
  events: Run['events'],
): { name: PhaseName; fromNs: number; toNs: number; acked: number }[] {
  const starts = events.filter((event): event is PhaseEvent => event.type === 'phase');
  const lastNs = events.reduce((last, event) => Math.max(last, timeOf(event)), 0);
  return starts
    .map((start, index) => ({
      name: start.name,
      fromNs: start.timeNs,
      toNs: starts[index + 1]?.timeNs ?? lastNs,
      acked: 0,
    }))
    .filter((phase) => LOAD_PHASES.has(phase.name));
}

/** When an event became known. */
function timeOf(event: Run['events'][number]): number {
  return 'timeNs' in event ? event.timeNs : event.completeNs;
}

function strikesAndHeals(
  events: Run['events'],
): { fault: string; after: 'strike' | 'heal'; timeNs: number }[] {
  return events
    .filter(
      (event): event is FaultStartEvent | FaultStopEvent =>
        event.type === 'fault-start' || event.type === 'fault-stop',
    )
    .map((event) => ({
      fault: event.id,
      after: event.type === 'fault-start' ? ('strike' as const) : ('heal' as const),
      timeNs: event.timeNs,
    }))
    .toSorted((a, b) => a.timeNs - b.timeNs);
}

/** Index of the last of the ascending `marks` that is not after `timeNs`; -1 when all are. */
function lastAtOrBefore(marks: Float64Array, timeNs: number): number {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (marks[middle]! <= timeNs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Acknowledgements arrive in the order in which they became known, so a gap is what lies between one and the latest
 * before it. The time from the load's start to the first one and from the last one to the load's end count too.
 */
function longestSilence(fromNs: number | null, toNs: number) {
  let latestNs = fromNs;
  let longest: { fromNs: number; toNs: number } | null = null;
  const ack = (ackNs: number) => {
    const timeNs = Math.min(ackNs, toNs);
    if (latestNs !== null && timeNs - latestNs > (longest === null ? 0 : longest.toNs - longest.fromNs)) {
      longest = { fromNs: latestNs, toNs: timeNs };
    }
    if (latestNs === null || timeNs > latestNs) latestNs = timeNs;
  };
  return {
    ack,
    longest: () => {
      if (Number.isFinite(toNs)) ack(toNs);
      return longest;
    },
  };
}
