import { countBelow, countUpTo } from '../../core/sorted.ts';
import { clause, grouped, listed, moment } from '../../core/words.ts';
import type { Event, ViewEvent } from '../../history/event.ts';
import { viewsByPartition } from '../../history/events-of.ts';
import type { Contract, NodeInfo } from '../../history/run.ts';
import type { Cause, Group } from '../findings/grouping.ts';
import type { FaultIndex } from './fault-index.ts';
import type { Term } from './leadership.ts';
import type { PowerLosses } from './power.ts';
import type { Truncation, Truncations } from './truncations.ts';

export interface EndingFacts {
  events: readonly Event[];
  nodes: readonly NodeInfo[];
  contract: Contract;
  truncations: Truncations;
  faults: FaultIndex;
  power: PowerLosses;
}

/** Who is in sync is sampled, and so told late by up to this. */
const TOLD_WITHIN_NS = 1e9;

/**
 * What ended lost records, in words, as far as the history tells it: which replicas had had them; who took over, or came
 * back without them and led again; and who then cut its log, followers included. Where no log tells of a cut, the end of
 * the fault under which they were acknowledged is named.
 */
export class Endings {
  readonly #facts: EndingFacts;
  #views: ReadonlyMap<number, { list: readonly ViewEvent[]; timesNs: readonly number[] }> | null = null;

  constructor(facts: EndingFacts) {
    this.#facts = facts;
  }

  /** Null when nothing is known. */
  of(partition: number, { term, successor }: Cause, group: Group): string | null {
    if (term == null) return null;
    const { truncations, faults } = this.#facts;
    const parts: string[] = [];
    const below = group.lastOffset < 0 ? Infinity : group.lastOffset;
    const own = truncations.first(term.node, partition, group.firstNs, below);
    const comeback = successor == null ? this.#comebackOf(partition, term, group) : null;
    const sinceNs = successor?.fromNs ?? comeback?.ledNs ?? own?.timeNs ?? Infinity;
    const cuts = this.#cutsOfFollowers(partition, { except: term.node, sinceNs, below });

    const holders = this.#holders(partition, term, group, cuts);
    if (holders.length > 0) parts.push(`these had reached ${listed(holders)} too`);
    if (successor != null) {
      const epoch = successor.epoch === null ? '' : ` in epoch ${successor.epoch}`;
      const from = successor.startOffset === null ? '' : ` from offset ${grouped(successor.startOffset)}`;
      parts.push(`${successor.node} became leader${epoch}${from} at ${moment(successor.fromNs)}`);
    } else if (comeback !== null) parts.push(comeback.text);
    if (own !== undefined) parts.push(cutInWords([own]));
    else if (cuts.length === 0 && comeback === null) {
      const healed = faults
        .during(group.firstNs, group.lastNs)
        .filter(({ targets, toNs }) => targets.includes(term.node) && toNs < Infinity)
        .toSorted((a, b) => b.toNs - a.toNs)[0];
      if (healed !== undefined) parts.push(`${clause(healed.label)} ended at ${moment(healed.toNs)}`);
    }
    for (const same of byTarget(cuts)) parts.push(cutInWords(same));
    return parts.length === 0 ? null : parts.join('; ');
  }

  /** The leader lost power after it had acknowledged these, and then said that it leads, before anybody else did. */
  #comebackOf(partition: number, term: Term, group: Group): { text: string; ledNs: number } | null {
    const times = this.#facts.power.timesOf(term.node);
    const lostNs = times[countBelow(times, group.lastNs)];
    if (lostNs === undefined) return null;
    const { list, timesNs } = this.#viewsOf(partition);
    for (let at = countUpTo(timesNs, lostNs); at < list.length; at++) {
      const { leader, observer, timeNs, startOffset } = list[at]!;
      if (leader >= 0 && leader !== term.leader) return null;
      if (leader !== term.leader || (observer !== term.node && observer !== `log:${term.node}`)) continue;
      const from = startOffset === undefined ? '' : ` from offset ${grouped(startOffset)}`;
      const back = startOffset === 0 ? 'came back empty and led again' : `led again${from}`;
      const text = `${term.node} lost power at ${moment(lostNs)}, ${back} at ${moment(timeNs)}`;
      return { text: startOffset === 0 ? text : text.replace(', led', ' and led'), ledNs: timeNs };
    }
    return null;
  }

  /** The first cut of each other broker below the end of what is lost, once it had ended. */
  #cutsOfFollowers(
    partition: number,
    { except, sinceNs, below }: { except: string; sinceNs: number; below: number },
  ): Truncation[] {
    if (sinceNs === Infinity) return [];
    const { nodes, truncations } = this.#facts;
    return nodes.flatMap(({ name }) => {
      const cut = name === except ? undefined : truncations.first(name, partition, sinceNs, below);
      return cut ?? [];
    });
  }

  /**
   * Those that cut all of these off and were in sync while they were acknowledged with acks=all: so they had had them.
   * A replica that is told to be out of sync soon afterwards may have been so before.
   */
  #holders(partition: number, term: Term, group: Group, cuts: readonly Truncation[]): string[] {
    const { contract, nodes } = this.#facts;
    if (contract.acks !== 'all' || group.firstOffset < 0) return [];
    const { list, timesNs } = this.#viewsOf(partition);
    const inSync = (id: number) => {
      let isTold = false;
      for (let at = countUpTo(timesNs, group.firstNs) - 1; at >= 0 && !isTold; at--) {
        const view = list[at]!;
        if (view.leader !== term.leader || view.isr.length === 0) continue;
        if (!view.isr.includes(id)) return false;
        isTold = true;
      }
      for (
        let at = countUpTo(timesNs, group.firstNs);
        at < list.length && timesNs[at]! <= group.lastNs + TOLD_WITHIN_NS;
        at++
      )
        if (list[at]!.isr.length > 0 && !list[at]!.isr.includes(id)) return false;
      return isTold;
    };
    return cuts.flatMap(({ node, truncatedTo }) => {
      const id = nodes.find(({ name }) => name === node)?.id;
      return truncatedTo <= group.firstOffset && id != null && inSync(id) ? [node] : [];
    });
  }

  #viewsOf(partition: number): { list: readonly ViewEvent[]; timesNs: readonly number[] } {
    this.#views ??= new Map(
      [...viewsByPartition(this.#facts.events)].map(([key, list]) => [
        key,
        { list, timesNs: list.map(({ timeNs }) => timeNs) },
      ]),
    );
    return this.#views.get(partition) ?? { list: [], timesNs: [] };
  }
}

/** Those that cut to one offset together. */
function byTarget(cuts: readonly Truncation[]): Truncation[][] {
  const groups = new Map<number, Truncation[]>();
  for (const cut of cuts) {
    const known = groups.get(cut.truncatedTo);
    if (known === undefined) groups.set(cut.truncatedTo, [cut]);
    else known.push(cut);
  }
  return [...groups.values()];
}

function cutInWords(cuts: readonly Truncation[]): string {
  const names = listed(cuts.map(({ node }) => node));
  const when = moment(Math.max(...cuts.map(({ timeNs }) => timeNs)));
  const [what, by] = cuts.length === 1 ? ['its log', 'at'] : ['their logs', 'by'];
  return `${names} truncated ${what} to offset ${grouped(cuts[0]!.truncatedTo)} ${by} ${when}`;
}
