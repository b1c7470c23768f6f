import { counted, listed } from '../../core/words.ts';
import type { Event } from '../../history/event.ts';
import { orAssumed } from '../../history/assumptions.ts';
import type { Contract } from '../../history/run.ts';
import { faultSpansOf, type FaultSpan } from '../../history/fault-spans.ts';
import { countBelow } from '../../core/sorted.ts';

/**
 * What a loss of power explains. Kafka acknowledges what is in the memory of the replicas in sync, so what had not
 * reached a disk is gone, and only other copies save it. It promises to survive min.insync.replicas − 1 such losses;
 * one is enough where the replica that it strikes is the last one in sync (KIP-966).
 */
export class PowerLosses {
  readonly #losses: readonly FaultSpan[];
  /** By node: when it lost power, ascending, and when it was without power for the last time. */
  readonly #ofNode = new Map<string, { timesNs: number[]; lastNs: number }>();
  /** By the terms of a partition, which are asked about again and again. */
  readonly #alone = new WeakMap<object, readonly { node: string }[]>();
  /** The largest set of nodes that lost power together. */
  readonly #together: readonly string[];
  /** A node that was away without being missed; null when there was none. */
  readonly #unmissed: { node: string; toNs: number } | null;

  constructor(events: readonly Event[], kafkaMode?: string) {
    this.#losses = faultSpansOf(events).filter(({ kind }) => kind === 'power-loss');
    for (const { targets, fromNs, toNs } of this.#losses.toSorted((a, b) => a.fromNs - b.fromNs)) {
      for (const node of new Set(targets)) {
        const known = this.#ofNode.get(node);
        this.#ofNode.set(node, {
          timesNs: known === undefined ? [fromNs] : (known.timesNs.push(fromNs), known.timesNs),
          lastNs: Math.max(toNs, known?.lastNs ?? -Infinity),
        });
      }
    }
    this.#together = together(this.#losses);
    this.#unmissed = kafkaMode === 'zookeeper' ? unmissed(this.#losses, events) : null;
  }

  /** Whether any node lost power at all. */
  get occurred(): boolean {
    return this.#losses.length > 0;
  }

  /** When the node lost power, from the first time on. */
  timesOf(node: string): readonly number[] {
    return this.#ofNode.get(node)?.timesNs ?? [];
  }

  /** Whether the node was without power at `sinceNs` or later. */
  struck(node: string, sinceNs: number): boolean {
    const known = this.#ofNode.get(node);
    return known !== undefined && known.lastNs >= sinceNs;
  }

  /**
   * Why power may have taken what was acknowledged at `sinceNs` or later, in words; null when it may not.
   * Samples of who is in sync come late, so a leader that was alone at any time of its term counts as the last one.
   * @param terms of the partition's leaders
   */
  excuse(
    contract: Contract,
    terms: readonly { node: string; alone: boolean }[],
    sinceNs: number,
  ): string | null {
    if (!this.occurred || syncsEachRecord(contract)) return null;
    const { acks, minInsyncReplicas } = contract;
    if (acks !== 'all') {
      const names = listed([...new Set(this.#losses.flatMap(({ targets }) => targets))]);
      return `acks=${acks} waits for one copy at most, and ${names} lost power`;
    }
    if (this.#together.length >= minInsyncReplicas) {
      const copies = minInsyncReplicas === 1 ? 'no copy' : counted(minInsyncReplicas - 1, 'copy', 'copies');
      const how = this.#together.length > 1 ? ' together' : '';
      const inSync = orAssumed(contract, 'minInsyncReplicas', `min.insync.replicas=${minInsyncReplicas}`);
      return `${orAssumed(contract, 'acks', 'acks=all')} with ${inSync} can spare ${copies} that had not reached a disk, and ${listed(this.#together)} lost power${how}`;
    }
    const last = this.#firstAlone(terms).find(({ node }) => this.struck(node, sinceNs));
    if (last === undefined) {
      if (this.#unmissed === null || this.#unmissed.toNs < sinceNs) return null;
      return `${this.#unmissed.node} lost power and was back before a new controller looked, so with ZooKeeper it still counted as in sync without what was not on its disk (the hole that KIP-903 closes in KRaft)`;
    }
    return `${last.node} lost power as the last replica standing: alone in sync, it led again without what was not on its disk (KIP-966)`;
  }

  /** Of each node that led alone: the first term in which it did. */
  #firstAlone(terms: readonly { node: string; alone: boolean }[]): readonly { node: string }[] {
    let first = this.#alone.get(terms);
    if (first === undefined) {
      const byNode = new Map<string, { node: string }>();
      for (const term of terms) if (term.alone && !byNode.has(term.node)) byNode.set(term.node, term);
      this.#alone.set(terms, (first = [...byNode.values()]));
    }
    return first;
  }
}

/** Then a record is on the disk before it is acknowledged, and loss of power is no excuse. */
export function syncsEachRecord({ flushMessages }: Contract): boolean {
  return flushMessages === 1;
}

/** Two brokers that lose power within this time lose it together: neither has had time to catch up and sync. */
const TOGETHER_NS = 10e9;

function together(losses: readonly FaultSpan[]): string[] {
  const ascending = losses.toSorted((a, b) => a.fromNs - b.fromNs);
  const all = new Set(losses.flatMap(({ targets }) => targets));
  let most = new Set<string>();
  const begunNs = ascending.map(({ fromNs }) => fromNs);
  for (const { fromNs, toNs } of ascending) {
    const untilNs = Math.max(toNs === Infinity ? fromNs : toNs, fromNs + TOGETHER_NS);
    const near = new Set<string>();
    for (let at = countBelow(begunNs, fromNs); at < ascending.length && near.size < all.size; at++) {
      if (ascending[at]!.fromNs > untilNs) break;
      for (const node of ascending[at]!.targets) near.add(node);
    }
    if (near.size > most.size) most = near;
  }
  return [...most];
}

/** A new controller may take that long to be seen by anybody. */
const NOTICED_NS = 5e9;

/**
 * With ZooKeeper only the controller knows who was away. When it changes while a broker is away, and the broker is
 * back before the new one looks, nobody takes that broker out of the in-sync sets.
 */
function unmissed(losses: readonly FaultSpan[], events: readonly Event[]) {
  const known = new Map<string, number>();
  const changesNs = events.flatMap((event) => {
    if (event.type !== 'controller' || event.controller < 0) return [];
    // A broker says in its own log that it became controller, and may do so more than once.
    const isNew = event.observer.startsWith('log:') || known.get(event.observer) !== event.controller;
    known.set(event.observer, event.controller);
    return isNew ? [event.timeNs] : [];
  });
  changesNs.sort((a, b) => a - b);
  for (const { targets, fromNs, toNs } of losses) {
    const next = changesNs[countBelow(changesNs, fromNs)];
    if (next !== undefined && next <= toNs + NOTICED_NS) return { node: listed(targets), toNs };
  }
  return null;
}
