import { countUpTo } from '../../core/sorted.ts';
import type { FaultSpan } from '../../history/fault-spans.ts';
import type { ViewEvent } from '../../history/event.ts';

/**
 * A broker that lost power, and that led afterwards although nothing was seen to take it out of the in-sync set
 * meanwhile. It leads without what was not on its disk, and the others cut their logs down to its own.
 *
 * With ZooKeeper this happens to a broker among many that are in sync: only the controller removes one whose session
 * ends, and it may be cut off, paused or just changing, or the session may outlive the loss of power. With KRaft a
 * broker has to register anew, which takes it out of the in-sync sets. But the last one in a set is never taken out, so
 * with either it may lead as the only one that is left (KIP-966).
 */
export interface PowerlessReturn {
  readonly node: string;
  /** When its power was gone. */
  readonly lostNs: number;
  /** When it first said that it leads. */
  readonly ledNs: number;
  readonly epoch: number | null;
  /** Whether it leads on in the epoch in which it had lost power; else it was elected. */
  readonly sameEpoch: boolean;
  /** Whether it was elected as the only replica in sync. */
  readonly alone: boolean;
  /**
   * What was begun to be written up to then may be gone because of it. Elected, it begins an epoch, and the others find
   * out where their logs differ. In the same epoch they cannot: they keep what it has lost below the end of its log, and
   * once one of them leads, what it took anew is gone.
   */
  readonly untilNs: number;
}

type Named = (leader: number) => string;

/** What is needed of a leader's term. */
interface Begun {
  leader: number;
  epoch: number | null;
  fromNs: number;
}

/**
 * @param views of one partition.
 * @param terms of the same partition.
 */
export function powerlessReturns(
  losses: readonly FaultSpan[],
  views: readonly ViewEvent[],
  terms: readonly Begun[],
  nameOf: Named,
): PowerlessReturn[] {
  if (losses.length === 0) return [];
  const told = views.toSorted((a, b) => a.timeNs - b.timeNs);
  const timesNs = told.map(({ timeNs }) => timeNs);
  return losses.flatMap(({ targets, fromNs }) => {
    const lost = countUpTo(timesNs, fromNs);
    return targets.flatMap((node) => {
      const before = told.slice(0, lost);
      const epochBefore = before.reduce((highest, view) => Math.max(highest, view.epoch ?? -1), -1);
      const ofReturn = (led: number): PowerlessReturn[] => {
        if (led < 0) return [];
        const { leader, epoch, timeNs: ledNs, isr } = told[led]!;
        const sameEpoch = epoch !== null && epoch === epochBefore;
        const inSyncFrom = inSyncSince(told, { before, led, lostNs: fromNs, leader });
        const wasMissed = told.slice(0, led).some((view, at) => {
          if (at < (inSyncFrom ?? led) || view.leader < 0 || view.isr.includes(leader)) return false;
          return (view.epoch ?? Infinity) >= epochBefore && !mayBeOlder(told, at, leader);
        });
        if (!sameEpoch && (inSyncFrom === null || wasMissed)) return [];
        const next = terms.find((term) => term.leader !== leader && isAfter(term, { epoch, ledNs }));
        const untilNs = sameEpoch ? (next?.fromNs ?? Infinity) : fromNs;
        const alone = !sameEpoch && isr.length === 1;
        return [{ node, lostNs: fromNs, ledNs, epoch, sameEpoch, alone, untilNs }];
      };
      const claims = (view: ViewEvent, at: number) => at >= lost && isOwnClaim(view, node, nameOf);
      const first = told.findIndex(claims);
      if (first < 0 || told[first]!.epoch !== epochBefore) return ofReturn(first);
      // With KRaft a broker that starts reads all that was decided while it was off: its old epoch, and then its election.
      const elected = told.findIndex((view, at) => claims(view, at) && (view.epoch ?? -1) > epochBefore);
      return [...ofReturn(first), ...ofReturn(elected)];
    });
  });
}

/** Only the broker itself, or its log, knows that it leads now: others repeat what they heard before it was off. */
function isOwnClaim({ observer, leader }: ViewEvent, node: string, nameOf: Named): boolean {
  return (observer === node || observer === `log:${node}`) && leader >= 0 && nameOf(leader) === node;
}

/**
 * From which view on the broker counted as in sync although it had lost power: at once where it had been before. A leader
 * may also take it into the in-sync set just then, for what it had fetched a moment before.
 * @returns null where it was out of sync.
 */
function inSyncSince(
  told: readonly ViewEvent[],
  {
    before,
    led,
    lostNs,
    leader,
  }: { before: readonly ViewEvent[]; led: number; lostNs: number; leader: number },
): number | null {
  const lost = before.length;
  if (lastTold(before)?.isr.includes(leader) ?? true) return lost;
  const joined = told.findIndex(
    (view, at) =>
      at >= lost &&
      at < led &&
      view.observer.startsWith('log:') &&
      view.timeNs <= lostNs + JOINING_NS &&
      view.isr.includes(leader),
  );
  return joined < 0 ? null : joined;
}

/** So long such a change may be on its way. No broker is back in that time. */
const JOINING_NS = 1e9;

/**
 * Whether a broker that leaves `leader` out of the in-sync set may not have heard yet that a leader had taken it in: in
 * the same epoch a leader's log said so before, and since then that broker has not.
 */
function mayBeOlder(told: readonly ViewEvent[], at: number, leader: number): boolean {
  const { observer, epoch } = told[at]!;
  if (observer.startsWith('log:')) return false;
  const says = (view: ViewEvent) => view.epoch === epoch && view.isr.includes(leader);
  const taken = told.findLastIndex(
    (view, index) => index < at && view.observer.startsWith('log:') && says(view),
  );
  if (taken < 0) return false;
  return !told.slice(taken + 1, at).some((view) => view.observer === observer && says(view));
}

/** A leader's own log is ahead of what brokers say when they are asked. */
function lastTold(views: readonly ViewEvent[]): ViewEvent | undefined {
  return views.findLast(({ observer }) => observer.startsWith('log:')) ?? views.at(-1);
}

function isAfter(term: Begun, claim: { epoch: number | null; ledNs: number }): boolean {
  if (term.epoch !== null && claim.epoch !== null) return term.epoch > claim.epoch;
  return term.fromNs > claim.ledNs;
}
