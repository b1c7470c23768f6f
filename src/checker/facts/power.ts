import { counted, listed } from '../../core/words.ts';
import type { Event } from '../../history/event.ts';
import { orAssumed } from '../../history/assumptions.ts';
import type { Contract, NodeInfo } from '../../history/run.ts';
import { faultSpansOf, type FaultSpan } from '../../history/fault-spans.ts';
import { countBelow } from '../../core/sorted.ts';
import type { PowerlessReturn } from './powerless-returns.ts';

/**
 * What a loss of power explains. Kafka acknowledges what is in the memory of the replicas in sync, so what had not
 * reached a disk is gone, and only other copies save it. It promises to survive min.insync.replicas − 1 such losses;
 * one is enough where the replica that it strikes is the last one in sync (KIP-966), or where it comes back without
 * being missed, which ZooKeeper allows (powerless-returns.ts).
 */
export class PowerLosses {
  readonly losses: readonly FaultSpan[];
  /** By node: when it lost power, ascending, and when it was without power for the last time. */
  readonly #ofNode = new Map<string, { timesNs: number[]; lastNs: number }>();
  /** By the terms of a partition, which are asked about again and again: since when each node has led alone. */
  readonly #aloneNs = new WeakMap<object, ReadonlyMap<string, number>>();
  /** Sets of nodes that lost power together, the largest first. */
  readonly #together: readonly Together[];
  readonly #mayGoUnnoticed: boolean;

  /**
   * @param kafkaMode where the history does not say it, it may be ZooKeeper.
   * @param nodes a node that is known to be no broker holds no record, so its loss of power takes none. A node of which
   *   nothing is known may be a broker.
   */
  constructor(events: readonly Event[], kafkaMode?: string, nodes: readonly NodeInfo[] = []) {
    const holdNoRecord = new Set(
      nodes.filter(({ roles }) => !roles.includes('broker')).map(({ name }) => name),
    );
    this.losses = faultSpansOf(events)
      .filter(({ kind }) => kind === 'power-loss')
      .map((loss) => ({ ...loss, targets: loss.targets.filter((node) => !holdNoRecord.has(node)) }))
      .filter(({ targets }) => targets.length > 0)
      .toSorted((a, b) => a.fromNs - b.fromNs);
    for (const { targets, fromNs, toNs } of this.losses) {
      for (const node of new Set(targets)) {
        const known = this.#ofNode.get(node) ?? { timesNs: [], lastNs: -Infinity };
        known.timesNs.push(fromNs);
        known.lastNs = Math.max(toNs, known.lastNs);
        this.#ofNode.set(node, known);
      }
    }
    this.#together = together(this.losses);
    this.#mayGoUnnoticed = kafkaMode === undefined || kafkaMode === 'zookeeper';
  }

  /** Whether any node lost power at all. */
  get occurred(): boolean {
    return this.losses.length > 0;
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
   * Whether a broker that lost power may have led again without anything in the history that says so: it ran with
   * ZooKeeper, as far as is known.
   */
  mayHaveReturnedUnnoticed(contract: Contract, sinceNs: number): boolean {
    return this.#mayGoUnnoticed && this.mayHaveTaken(contract, sinceNs);
  }

  /** Whether a broker was without power at `sinceNs` or later, and so without what it had not synced. */
  mayHaveTaken(contract: Contract, sinceNs: number): boolean {
    return !syncsEachRecord(contract) && this.losses.some(({ toNs }) => toNs >= sinceNs);
  }

  /**
   * Why power may have taken what was begun to be written at `sinceNs`, in words; null when it may not.
   * @param when.untilNs when it was seen to be gone: a later loss of power cannot have taken it.
   * @param when.term in which term it was acknowledged. What a leader that leads on in its epoch takes may go until it
   *   learns that another one leads, however long that takes.
   * @param when.committed whether it was in every replica in sync, whatever the producer waited for. One loss of power
   *   takes it only with a replica that led alone, or that led again without being missed.
   */
  excuse(
    contract: Contract,
    whoLed: WhoLed,
    when: { sinceNs: number; untilNs?: number; committed?: boolean; term?: TermName | null },
  ): string | null {
    if (!this.occurred || syncsEachRecord(contract)) return null;
    const { acks, minInsyncReplicas, replicationFactor } = contract;
    const { sinceNs, untilNs = Infinity, committed = false, term = null } = when;
    const struck = this.losses.filter(({ fromNs, toNs }) => toNs >= sinceNs && fromNs < untilNs);
    if (acks !== 'all' && !committed) {
      if (struck.length === 0) return null;
      const names = listed([...new Set(struck.flatMap(({ targets }) => targets))]);
      return `acks=${acks} waits for one copy at most, and ${names} lost power`;
    }
    // Without acks=all nothing says how few may be in sync, but one alone would be told of.
    const needed = acks === 'all' ? minInsyncReplicas : Math.min(2, replicationFactor);
    const many = this.#together.find(
      ({ nodes, fromNs, toNs }) => nodes.length >= needed && toNs >= sinceNs && fromNs < untilNs,
    );
    if (many !== undefined) {
      const lostPower = `${listed(many.nodes)} lost power${many.nodes.length > 1 ? ' together' : ''}`;
      if (acks !== 'all')
        return `it may have been in no replica but those that had not synced it to their disks, and ${lostPower}`;
      const copies = minInsyncReplicas === 1 ? 'no copy' : counted(minInsyncReplicas - 1, 'copy', 'copies');
      const inSync = orAssumed(contract, 'minInsyncReplicas', `min.insync.replicas=${minInsyncReplicas}`);
      return `${orAssumed(contract, 'acks', 'acks=all')} with ${inSync} can spare ${copies} that had not reached a disk, and ${lostPower}`;
    }
    const isUntold = whoLed.isSampled || (committed && whoLed.terms.length === 0);
    if (struck.length > 0 && isUntold) {
      const names = listed([...new Set(struck.flatMap(({ targets }) => targets))]);
      return `${names} lost power, and the history does not tell who led without what was not on a disk`;
    }
    const last = this.#lastStanding(whoLed, struck);
    if (last !== undefined)
      return `${last} lost power as the last replica standing: alone in sync, it led again without what was not on its disk (KIP-966)`;
    const returned = whoLed.returns.find(
      (one) =>
        (one.alone || this.#mayGoUnnoticed) &&
        (one.untilNs >= sinceNs || isOfItsNextLife(one, term)) &&
        one.lostNs < untilNs,
    );
    return returned === undefined ? null : describeReturn(returned);
  }

  /** The node that lost power when it led alone. */
  #lastStanding({ terms, returns }: WhoLed, struck: readonly FaultSpan[]): string | undefined {
    const aloneNs = this.#aloneSince(terms);
    if (aloneNs.size === 0) return undefined;
    for (const { targets, fromNs, toNs } of struck) {
      for (const node of targets) {
        // What is told once it leads again is about its next life.
        const again = returns.find((other) => other.node === node && other.lostNs === fromNs);
        if ((aloneNs.get(node) ?? Infinity) < (again?.ledNs ?? toNs)) return node;
      }
    }
    return undefined;
  }

  #aloneSince(terms: WhoLed['terms']): ReadonlyMap<string, number> {
    const known = this.#aloneNs.get(terms);
    if (known !== undefined) return known;
    const since = new Map<string, number>();
    for (const { node, aloneNs } of terms)
      if (aloneNs < (since.get(node) ?? Infinity)) since.set(node, aloneNs);
    this.#aloneNs.set(terms, since);
    return since;
  }
}

/** What tells a term from others. */
interface TermName {
  node: string;
  epoch: number | null;
}

/** Whether the leader's term is one that it led on in, after it had lost power in its epoch. */
export function isOfItsNextLife({ node, epoch, sameEpoch }: PowerlessReturn, term: TermName | null): boolean {
  return sameEpoch && term !== null && term.node === node && term.epoch === epoch;
}

/** What is known of a partition's leaders. */
interface WhoLed {
  /** Whether it comes from brokers' answers now and then. Then nothing tells of one that came back and led on with less. */
  readonly isSampled: boolean;
  terms: readonly { node: string; aloneNs: number }[];
  returns: readonly PowerlessReturn[];
}

function describeReturn({ node, epoch, sameEpoch, alone }: PowerlessReturn): string {
  const inEpoch = epoch === null ? '' : ` in epoch ${epoch}`;
  const how = sameEpoch ? `it led on${inEpoch}` : `it became leader${inEpoch}`;
  if (alone)
    return `${node} lost power, and ${how} without what was not on its disk, as the only one that was left in sync (KIP-966)`;
  return `${node} lost power and came back before anything had taken it out of the in-sync set, which ZooKeeper allows: ${how} without what was not on its disk (KIP-903, KIP-966)`;
}

/** Then a record is on the disk before it is acknowledged, and loss of power is no excuse. */
export function syncsEachRecord({ flushMessages }: Contract): boolean {
  return flushMessages === 1;
}

interface Together {
  nodes: readonly string[];
  /** From the first to lose power to the last to be back. */
  fromNs: number;
  toNs: number;
}

/** Two brokers that lose power within this time lose it together: neither has had time to catch up and sync. */
const TOGETHER_NS = 10e9;

/** @param losses ascending. */
function together(losses: readonly FaultSpan[]): Together[] {
  const begunNs = losses.map(({ fromNs }) => fromNs);
  const sets = losses.map(({ fromNs, toNs }) => {
    const untilNs = Math.max(toNs === Infinity ? fromNs : toNs, fromNs + TOGETHER_NS);
    const nodes = new Set<string>();
    let lastNs = toNs;
    for (let at = countBelow(begunNs, fromNs); at < losses.length; at++) {
      const near = losses[at]!;
      if (near.fromNs > untilNs) break;
      for (const node of near.targets) nodes.add(node);
      lastNs = Math.max(lastNs, near.toNs);
    }
    return { nodes: [...nodes], fromNs, toNs: lastNs };
  });
  return sets.toSorted((a, b) => b.nodes.length - a.nodes.length);
}
