import { grouped } from '../../core/words.ts';
import type { Finding } from '../../checker/result.ts';
import type { EndEvent, Event } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';
import type { NodeInfo } from '../../history/run.ts';
import type { Envelope } from '../figures/grid.ts';

/**
 * Where the log of a broker became shorter. A broker may tell of it in its own log: then the time is known. Else a loss
 * proves that the log of the leader that had acknowledged it was cut off, but not when: somewhere between the last sign
 * of the longer log and the first sign of the shorter one. Without such a sign nothing is said.
 */
export interface Fall {
  node: string;
  id: number | null;
  /** Where it is drawn: no end offset that this broker told later contradicts it. */
  timeNs: number;
  /** The offset that the log was cut back to. */
  to: number;
  /** Of an implied fall: the time of the first sign of the shorter log. */
  provenNs?: number;
  text: string;
}

export interface FallFacts {
  events: readonly Event[];
  /** The end offsets of this partition. */
  ends: readonly EndEvent[];
  nodes: readonly NodeInfo[];
  partition: number;
  /** The losses of this partition. */
  findings: readonly Finding[];
  /** What each broker acknowledged in this partition, by its id, in buckets of this width. */
  acked: ReadonlyMap<number, Envelope>;
  bucketNs: number;
  /** Whether a record was acknowledged only when the end offset had passed it. */
  acksAll: boolean;
}

/** All of them, those that logs tell of first. */
export function fallsOf(facts: FallFacts): Fall[] {
  const told = toldFalls(facts);
  return [...told, ...impliedFalls(facts, told)];
}

function toldFalls({ events, nodes, partition }: FallFacts): Fall[] {
  return eventsOf(events, 'log').flatMap((event): Fall[] => {
    if (event.truncatedTo === undefined || (event.partition ?? 0) !== partition) return [];
    const { node, timeNs, truncatedTo: to } = event;
    const id = nodes.find(({ name }) => name === node)?.id ?? null;
    return [{ node, id, timeNs, to, text: `${node} cuts its log back to ${grouped(to)}` }];
  });
}

/** The losses of one leader that end with one sign of a shorter log fell together, to the lowest of them. */
function impliedFalls(facts: FallFacts, told: readonly Fall[]): Fall[] {
  const implied = new Map<string, Fall>();
  for (const { leader, offsets, loss, timeNs } of facts.findings) {
    if (leader === undefined || offsets === undefined || timeNs === undefined || loss !== 'truncated')
      continue;
    if (told.some((fall) => fall.node === leader.node && fall.timeNs >= timeNs[0] && fall.to <= offsets[1]))
      continue;
    const when = windowOf(facts, leader, offsets, timeNs[1]);
    if (when === null) continue;
    const powerNs = powerLossIn(facts.events, leader.node, when);
    const how = powerNs === null ? 'the log' : `${leader.node} loses power: its log`;
    const fall: Fall = {
      node: leader.node,
      id: leader.id,
      timeNs: powerNs ?? when.untilNs,
      provenNs: when.untilNs,
      to: offsets[0],
      text: `${how} falls back to ${grouped(offsets[0])}`,
    };
    const key = `${leader.id} ${fall.timeNs} ${when.untilNs}`;
    if (fall.to < (implied.get(key)?.to ?? Infinity)) implied.set(key, fall);
  }
  return [...implied.values()];
}

/** In it a log fell; times in ns. */
interface Window {
  fromNs: number;
  untilNs: number;
}

/**
 * From the last sign of the longer log to the first sign of the shorter one; null where there is no such sign.
 * @param acknowledgedNs when the last of what is lost was acknowledged.
 */
function windowOf(
  facts: FallFacts,
  leader: { id: number; node: string },
  offsets: readonly [first: number, last: number],
  acknowledgedNs: number,
): Window | null {
  const { events, partition } = facts;
  const untilNs = Math.min(
    firstLowEnd(facts, leader.id, offsets, acknowledgedNs),
    firstViewWithout(facts, leader, offsets, acknowledgedNs),
    firstSecondUse(facts, leader.id, offsets, acknowledgedNs),
    ...eventsOf(events, 'scan').flatMap((event) =>
      event.final && event.partition === partition && event.invokeNs > acknowledgedNs ? [event.invokeNs] : [],
    ),
  );
  if (untilNs === Infinity) return null;
  const fromNs = endsOf(facts, leader.id).reduce(
    (last, { offset, completeNs }) =>
      offset > offsets[0] && completeNs < untilNs ? Math.max(last, completeNs) : last,
    acknowledgedNs,
  );
  return { fromNs, untilNs };
}

/** By the ends of a partition, which each finding asks about again. */
const endsByBroker = new WeakMap<readonly EndEvent[], Map<number, EndEvent[]>>();

/** What this broker told of its own end, in the order of time. */
function endsOf({ ends }: FallFacts, id: number): readonly EndEvent[] {
  let known = endsByBroker.get(ends);
  if (known === undefined) endsByBroker.set(ends, (known = new Map()));
  let own = known.get(id);
  if (own === undefined) {
    own = ends.filter(({ broker }) => broker === id).toSorted((a, b) => a.completeNs - b.completeNs);
    known.set(id, own);
  }
  return own;
}

/**
 * When the broker first told an end within what is lost or below it. An end offset is a high watermark: with acks=all it
 * has passed what is acknowledged, else only one that went back says that the log did.
 */
function firstLowEnd(
  facts: FallFacts,
  id: number,
  [, last]: readonly [number, number],
  acknowledgedNs: number,
): number {
  let highest = facts.acksAll ? last + 1 : -1;
  for (const { offset, completeNs } of endsOf(facts, id)) {
    if (completeNs > acknowledgedNs && offset <= last && offset < highest) return completeNs;
    highest = Math.max(highest, offset);
  }
  return Infinity;
}

/** When it was first said that the broker began to lead below the end of what is lost, or said itself that it follows another. */
function firstViewWithout(
  { events, partition }: FallFacts,
  { id, node }: { id: number; node: string },
  [, last]: readonly [number, number],
  acknowledgedNs: number,
): number {
  let firstNs = Infinity;
  for (const event of eventsOf(events, 'view')) {
    if (event.partition !== partition || event.leader < 0) continue;
    const { timeNs, leader, observer, startOffset } = event;
    if (timeNs <= acknowledgedNs) continue;
    const isOwn = observer === node || observer === `log:${node}`;
    const leadsLower = leader === id && startOffset !== undefined && startOffset <= last;
    if (leadsLower || (leader !== id && isOwn)) firstNs = Math.min(firstNs, timeNs);
  }
  return firstNs;
}

/** When the broker first acknowledged something else at an offset of what is lost. */
function firstSecondUse(
  { acked, bucketNs }: FallFacts,
  id: number,
  [first, last]: readonly [number, number],
  acknowledgedNs: number,
): number {
  const envelope = acked.get(id);
  if (envelope === undefined) return Infinity;
  for (let bucket = Math.floor(acknowledgedNs / bucketNs) + 1; bucket < envelope.min.length; bucket++) {
    const offset = envelope.min[bucket]!;
    if (offset >= first && offset <= last) return bucket * bucketNs;
  }
  return Infinity;
}

/** When the broker lost power within this time; null if it did not. */
function powerLossIn(events: readonly Event[], node: string, { fromNs, untilNs }: Window): number | null {
  for (const event of eventsOf(events, 'fault-start')) {
    if (event.fault.kind !== 'power-loss' || !event.targets.includes(node)) continue;
    if (event.timeNs < fromNs || event.timeNs > untilNs) continue;
    // The process is gone a moment before everything about the fault is known.
    const sinceNs = event.beganNs ?? event.requestedNs;
    const down = eventsOf(events, 'node').find(
      (other) =>
        other.node === node &&
        other.state === 'down' &&
        other.timeNs >= sinceNs &&
        other.timeNs <= event.timeNs,
    );
    return Math.max(fromNs, down?.timeNs ?? event.timeNs);
  }
  return null;
}
