import type { FaultSpan } from '../../src/history/fault-spans.ts';
import type { ViewEvent } from '../../src/history/event.ts';
import type { NodeInfo } from '../../src/history/run.ts';
import type { Term } from '../../src/checker/facts/leadership.ts';
import type { LeaderSpan } from '../../src/report/timeline/leading.ts';

/** Who led when, asked of every term in turn: slow and obvious. */
type Tenure = Omit<Term, 'index'>;

function isLater(later: Tenure, term: Tenure): boolean {
  if (later.leader === term.leader) return false;
  if (later.epoch !== null && term.epoch !== null) return later.epoch > term.epoch;
  return later.fromNs > term.fromNs;
}

/** The last term of this broker that had begun by then, or else its first one; of any broker where it is -1. */
export function termAt(terms: readonly Term[], broker: number, timeNs: number): Term | null {
  let found: Term | null = null;
  for (const term of terms) {
    if (broker >= 0 && term.leader !== broker) continue;
    if (found === null || term.fromNs <= timeNs) found = term;
  }
  return found;
}

export function successorOf(terms: readonly Term[], term: Term, offset: number): Term | null {
  const fits = ({ startOffset }: Term) => startOffset === null || offset < 0 || startOffset <= offset;
  return terms.find((later) => isLater(later, term) && fits(later)) ?? null;
}

export function wasDeposed(terms: readonly Term[], broker: number, timeNs: number): boolean {
  const begun = terms.filter(({ fromNs }) => fromNs <= timeNs);
  const own = begun.findLast(({ leader }) => leader === broker);
  if (own === undefined) return false;
  // One that heard late that it leads may have been replaced by then.
  return begun.at(-1)?.leader !== broker || begun.some((term) => isLater(term, own));
}

export function withoutIndex(term: Term): Tenure {
  const { leader, node, epoch, fromNs, startOffset, alone, aloneNs } = term;
  return { leader, node, epoch, fromNs, startOffset, alone, aloneNs };
}

/** @param losses when each node lost power. */
export function splitWherePowerWasLost(
  terms: readonly Term[],
  losses: readonly { node: string; timeNs: number }[],
): Tenure[] {
  const whole = terms.map(withoutIndex);
  const pieces = whole.flatMap((term) =>
    losses
      .filter(({ node, timeNs }) => node === term.node && timeNs > term.fromNs)
      .filter(({ timeNs }) => !whole.some((other) => isLater(other, term) && other.fromNs <= timeNs))
      .map(({ timeNs }) => ({ ...term, fromNs: timeNs, startOffset: null })),
  );
  // Where a broker begins to lead and loses power at one moment, the loss counts as the later of the two.
  return [...whole, ...pieces].toSorted(
    (a, b) => a.fromNs - b.fromNs || (a.epoch ?? 0) - (b.epoch ?? 0) || a.leader - b.leader,
  );
}

export function faultsDuring(spans: readonly FaultSpan[], fromNs: number, toNs: number): FaultSpan[] {
  return spans.filter((span) => span.fromNs <= toNs && span.toNs >= fromNs);
}

/** What a broker claims at a moment: the epoch, null where it tells none, undefined where it does not claim to lead. */
export function claimAt(
  node: NodeInfo,
  views: readonly ViewEvent[],
  lives: readonly { fromNs: number; toNs: number; isResumed: boolean }[],
  timeNs: number,
): number | null | undefined {
  const life = lives.find(({ fromNs, toNs }) => fromNs <= timeNs && timeNs < toNs);
  if (life === undefined) return undefined;
  const isOwn = ({ observer }: ViewEvent) => observer === node.name || observer === `log:${node.name}`;
  const before = views.filter((view) => view.timeNs < life.fromNs);
  const last = before.findLast(isOwn);
  const isReplaced = before.some(
    (view) => last !== undefined && view.timeNs > last.timeNs && view.leader !== node.id && view.leader >= 0,
  );
  const said = (view: ViewEvent) =>
    view.leader === node.id ? (view.epoch ?? last?.epoch ?? null) : undefined;
  const next = views.find(
    (view) =>
      isOwn(view) && view.timeNs >= life.fromNs && view.timeNs < Math.min(life.toNs, life.fromNs + 1e9),
  );
  // What it says first after a restart holds from the beginning, not what it had said before.
  const isDenied = next !== undefined && said(next) !== last?.epoch;
  const resumes =
    last !== undefined && last.leader === node.id && (life.isResumed || (!isReplaced && !isDenied));
  let claim = resumes ? last.epoch : undefined;
  for (const view of views) {
    if (!isOwn(view) || view.timeNs < life.fromNs || view.timeNs > timeNs) continue;
    const isStale = views
      .slice(0, views.indexOf(view))
      .some(
        (earlier) =>
          isOwn(earlier) && earlier.timeNs >= life.fromNs && (earlier.epoch ?? -1) > (view.epoch ?? Infinity),
      );
    if (isStale) continue;
    claim = view.leader === node.id ? (view.epoch ?? claim ?? null) : undefined;
  }
  return claim;
}

/**
 * When another leader appeared beside this one; null if none did.
 * @param isWaking whether it begins as a pause ends: then there may be one already, of a later epoch.
 */
export function zombieFrom(old: LeaderSpan, others: readonly LeaderSpan[], isWaking: boolean): number | null {
  const isSucceeded = others.some(
    ({ fromNs, toNs, epoch }) =>
      fromNs < old.fromNs && toNs > old.fromNs && epoch !== null && old.epoch !== null && epoch > old.epoch,
  );
  if (isWaking && isSucceeded) return old.fromNs;
  const beside = others.filter(
    ({ fromNs, epoch }) =>
      fromNs >= old.fromNs &&
      fromNs < old.toNs &&
      (epoch === null || old.epoch === null || epoch > old.epoch),
  );
  return beside.length === 0 ? null : Math.min(...beside.map(({ fromNs }) => fromNs));
}
