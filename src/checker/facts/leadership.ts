import { WorkerClocks } from './worker-clocks.ts';
import type { ViewEvent } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';
import type { Contract, Run } from '../../history/run.ts';
import type { PowerLosses } from './power.ts';
import type { Unwatched } from './unwatched.ts';
import { Succession } from './succession.ts';
import { clockUncertaintyNs } from './node-clocks.ts';
import { countBelow, countUpTo } from '../../core/sorted.ts';
import { areAllTold, SAMPLED_BLUR_NS } from './sampled-terms.ts';
import { powerlessReturns, type PowerlessReturn } from './powerless-returns.ts';

/**
 * Who led a partition when, as one sequence of terms, out of the claims of many observers: a zombie goes on claiming
 * to lead, and most observers do not tell the epoch. An epoch names a term; a claim without one counts only for a
 * leader of whom no epoch is known.
 */
export interface Term {
  /** In the order in which the terms began. */
  readonly index: number;
  readonly leader: number;
  readonly node: string;
  readonly epoch: number | null;
  /** When somebody first said so. */
  readonly fromNs: number;
  /** The offset at which the leader's own log says that it took over. */
  readonly startOffset: number | null;
  /** Whether the leader was alone in sync at some time of its term. */
  readonly alone: boolean;
  /** When that was first told; Infinity if it never was. */
  readonly aloneNs: number;
}

/** Whether a partition had more than one leader; `unknown` where nothing says who led it. */
export type LeaderChanges = 'none' | 'some' | 'unknown';

export class Leadership {
  readonly terms: readonly Term[];
  /** Leaders that came back with less and had not been missed. */
  readonly returns: readonly PowerlessReturn[];
  readonly #nameOf: (leader: number) => string;
  readonly #isWhole: boolean;
  readonly #blurNs: number;
  readonly #answersBlurNs: number;
  /** Whether brokers were only asked now and then (see sampled-terms.ts). */
  readonly isSampled: boolean;
  readonly #unwatchedTimes: Unwatched;
  /** Whether the partition is known to have had more than one leader. */
  readonly changed: boolean;
  readonly #succession: Succession<Term>;
  /** By leader, in the order of time. */
  readonly #termsOf = new Map<number, { terms: Term[]; fromNs: number[] }>();
  /** The last epoch that each leader is known to have led in. */
  readonly #lastEpochs = new Map<number, number>();
  /** Terms that were not watched: brokers that acknowledged something, but were never said to lead. */
  readonly #unwatched = new Map<number, Term>();

  /**
   * @param options.power ends a term too: the same leader may come back in the same epoch, with less.
   * @param options.isWhole false where some views may be missing.
   * @param options.blurNs by how much the times of views may be wrong.
   * @param options.answersBlurNs the same against the times of acknowledgements, which may be wrong, too; as `blurNs` if absent.
   * @param options.isSampled whether brokers were only asked now and then (see sampled-terms.ts).
   * @param options.unwatched when it was not watched who led.
   */
  constructor(
    views: readonly ViewEvent[],
    options: {
      nameOf: (leader: number) => string;
      power: PowerLosses;
      isWhole: boolean;
      isSampled: boolean;
      blurNs: number;
      answersBlurNs?: number;
      unwatched: Unwatched;
    },
  ) {
    const { nameOf, power, isSampled } = options;
    this.#unwatchedTimes = options.unwatched;
    this.#nameOf = nameOf;
    this.isSampled = isSampled;
    this.#blurNs = options.blurNs;
    this.#answersBlurNs = options.answersBlurNs ?? options.blurNs;
    this.#isWhole = options.isWhole && (!isSampled || areAllTold(views, power));
    const whole = termsOf(views, nameOf);
    this.terms = splitWhere(power, whole);
    this.changed = this.terms.some((term) => term.leader !== this.terms[0]!.leader);
    this.#succession = new Succession(this.terms);
    for (const term of this.terms) {
      const known = this.#termsOf.get(term.leader);
      if (known === undefined) this.#termsOf.set(term.leader, { terms: [term], fromNs: [term.fromNs] });
      else {
        known.terms.push(term);
        known.fromNs.push(term.fromNs);
      }
    }
    for (const { leader, epoch } of whole)
      this.#lastEpochs.set(leader, Math.max(this.#lastEpochs.get(leader) ?? -1, epoch ?? -1));
    this.returns = powerlessReturns(power.losses, views, whole, nameOf);
  }

  /** The term in which `broker` acknowledged something at `timeNs`; null when nothing is known of either. */
  termAt(broker: number, timeNs: number): Term | null {
    // An acknowledgement may come before the first sample that tells of the new leader.
    if (broker < 0) return this.terms[Math.max(0, this.#succession.begunBy(timeNs) - 1)] ?? null;
    const own = this.#termsOf.get(broker);
    if (own !== undefined) return own.terms[Math.max(0, countUpTo(own.fromNs, timeNs) - 1)]!;
    let unwatched = this.#unwatched.get(broker);
    if (unwatched === undefined) {
      const index = this.terms.length + this.#unwatched.size;
      const known = { leader: broker, node: this.#nameOf(broker), epoch: null, fromNs: 0 };
      unwatched = { index, ...known, startOffset: null, alone: false, aloneNs: Infinity };
      this.#unwatched.set(broker, unwatched);
    }
    return unwatched;
  }

  /** When terms of a broker began, after one moment and not after another. */
  termsBegunBetween(broker: number, afterNs: number, untilNs: number): number[] {
    const timesNs = this.#termsOf.get(broker)?.fromNs ?? this.terms.map(({ fromNs }) => fromNs);
    return timesNs.filter((fromNs) => fromNs > afterNs && fromNs <= untilNs);
  }

  /**
   * Whether what a broker acknowledged at this moment was acknowledged in the term that `termAt` gives. Where brokers were
   * only asked now and then, a term began at some moment before it was told, and the broker may have led in another one;
   * and by a clock of its own a term may have begun a little earlier or later.
   */
  hasCertainTerm(broker: number, timeNs: number): boolean {
    if (this.#answersBlurNs === 0) return true;
    const own = this.#termsOf.get(broker);
    if (this.isSampled) return this.#isWhole && own?.terms.length === 1;
    if (own === undefined) return true;
    return (
      countUpTo(own.fromNs, timeNs - this.#answersBlurNs) ===
      countUpTo(own.fromNs, timeNs + this.#answersBlurNs)
    );
  }

  /** The first later term of another leader that began at or below `offset`, or somewhere unknown. */
  successorOf(term: Term, offset: number): Term | null {
    return this.#succession.after(term, offset < 0 ? Infinity : offset);
  }

  get changes(): LeaderChanges {
    if (this.changed) return 'some';
    return this.isTold ? 'none' : 'unknown';
  }

  /**
   * Where a replica may be elected that is out of sync, an election matters even if it is the same leader again: the
   * others may have had more, and been away.
   */
  changesUnder({ uncleanLeaderElection }: Pick<Contract, 'uncleanLeaderElection'>): LeaderChanges {
    const elected = uncleanLeaderElection && this.terms.some((term) => this.wasElectedAgain(term));
    return elected ? 'some' : this.changes;
  }

  /** Whether the history tells of everybody who led the partition. */
  get isTold(): boolean {
    return this.isToldSince(-Infinity);
  }

  /** The same from that moment on. */
  isToldSince(timeNs: number): boolean {
    return this.terms.length > 0 && this.#isWhole && !this.#unwatchedTimes.since(timeNs);
  }

  /** Whether a broker that had led the partition was known to have been replaced by then, or may have been. */
  wasDeposed(broker: number, toldNs: number): boolean {
    const timeNs = toldNs + this.#blurNs;
    const begun = this.#succession.begunBy(timeNs);
    const own = this.#termsOf.get(broker);
    if (begun === 0 || own === undefined || own.fromNs[0]! > timeNs) return false;
    if (this.terms[begun - 1]!.leader !== broker) return true;
    // One that hears late that it leads may have been replaced by then: epochs decide, not what was told last.
    const later = this.#succession.after(own.terms[countUpTo(own.fromNs, timeNs) - 1]!, Infinity);
    return later !== null && later.fromNs <= timeNs;
  }

  /** Whether a change of leader was first told of between these two moments. */
  changedBetween(afterNs: number, beforeNs: number): boolean {
    const next = this.terms[Math.max(1, this.#succession.begunBy(afterNs - this.#blurNs))];
    return next !== undefined && next.fromNs < beforeNs + this.#blurNs;
  }

  /** Whether the same leader led again in a later epoch. */
  wasElectedAgain(term: Term): boolean {
    return term.epoch !== null && (this.#lastEpochs.get(term.leader) ?? -1) > term.epoch;
  }

  /** Whether another leader followed at all, wherever its log began. */
  wasReplaced(term: Term): boolean {
    return this.#succession.after(term, Infinity) !== null;
  }
}

/**
 * The leaderships of every partition of which the events tell.
 * @param isWhole false where some events may be missing.
 */
export function leadershipsOf(
  { events, info }: Pick<Run, 'events' | 'info'>,
  power: PowerLosses,
  isWhole: boolean,
  unwatched: Unwatched,
): (partition: number) => Leadership {
  const views = new Map<number, ViewEvent[]>();
  for (const event of eventsOf(events, 'view')) {
    const known = views.get(event.partition);
    if (known === undefined) views.set(event.partition, [event]);
    else known.push(event);
  }
  const nameOf = (leader: number) => info.nodes.find(({ id }) => id === leader)?.name ?? `broker ${leader}`;
  const isSampled = info.leadershipFrom === 'metadata';
  const blurNs = isSampled ? SAMPLED_BLUR_NS : clockUncertaintyNs(events);
  // What is recorded of a write of another host may be wrong both ways.
  const answersBlurNs = blurNs + 2 * new WorkerClocks(info).mostNs;
  const leaderships = new Map<number, Leadership>();
  return (partition) => {
    let leadership = leaderships.get(partition);
    if (leadership === undefined) {
      leadership = new Leadership(views.get(partition) ?? [], {
        nameOf,
        power,
        isWhole,
        isSampled,
        blurNs,
        answersBlurNs,
        unwatched,
      });
      leaderships.set(partition, leadership);
    }
    return leadership;
  };
}

/** A term goes on after its leader has lost power, but nothing that it took before need be there. */
function splitWhere(power: PowerLosses, terms: readonly Omit<Term, 'index'>[]): Term[] {
  const pieces = inOrder([...terms, ...(power.occurred ? piecesOf(power, inOrder(terms)) : [])]);
  return pieces.map((term, index) => ({ ...term, index }));
}

/** The new pieces: each term begins again whenever its leader loses power, until another leader follows. */
function piecesOf(power: PowerLosses, terms: readonly Omit<Term, 'index'>[]): Omit<Term, 'index'>[] {
  const succession = new Succession(terms);
  return terms.flatMap((term) => {
    const timesNs = power.timesOf(term.node);
    const replacedNs = succession.after(term, Infinity)?.fromNs ?? Infinity;
    return timesNs
      .slice(countUpTo(timesNs, term.fromNs), countBelow(timesNs, replacedNs))
      .map((fromNs) => ({ ...term, fromNs, startOffset: null }));
  });
}

function inOrder(terms: readonly Omit<Term, 'index'>[]): Omit<Term, 'index'>[] {
  return terms.toSorted(
    (a, b) => a.fromNs - b.fromNs || (a.epoch ?? 0) - (b.epoch ?? 0) || a.leader - b.leader,
  );
}

function termsOf(views: readonly ViewEvent[], nameOf: (leader: number) => string): Omit<Term, 'index'>[] {
  const withEpoch = new Set(views.filter(({ epoch }) => epoch !== null).map(({ leader }) => leader));
  const terms = new Map<string, Omit<Term, 'index'>>();
  /** By observer: whom it named last, and how often it has named each leader anew. */
  const named = new Map<string, { last: number; times: Map<number, number> }>();
  for (const view of views) {
    const { leader, epoch, observer, timeNs } = view;
    let seen = named.get(observer);
    if (seen === undefined) named.set(observer, (seen = { last: -1, times: new Map() }));
    if (seen.last !== leader) seen.times.set(leader, (seen.times.get(leader) ?? 0) + 1);
    seen.last = leader;
    if (leader < 0 || (epoch === null && withEpoch.has(leader))) continue;
    const key =
      epoch === null ? `${leader} for the ${seen.times.get(leader)}. time` : `${leader} in ${epoch}`;
    const known = terms.get(key);
    const isAlone = view.isr.length === 1 && view.isr[0] === leader;
    terms.set(key, {
      leader,
      node: nameOf(leader),
      epoch,
      fromNs: Math.min(known?.fromNs ?? Infinity, timeNs),
      startOffset: known?.startOffset ?? view.startOffset ?? null,
      alone: known?.alone === true || isAlone,
      aloneNs: Math.min(known?.aloneNs ?? Infinity, isAlone ? timeNs : Infinity),
    });
  }
  return [...terms.values()];
}
