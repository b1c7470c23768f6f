import type { Example, Finding, FindingKind } from '../result.ts';
import type { Ruling, Unsaid } from './judgement.ts';
import type { Term } from '../facts/leadership.ts';
import { ValueRanges } from './ranges.ts';
import { type Waiting, WAITING_MAX, WaitingRings, type WaitingSink } from './waiting.ts';

/**
 * Findings, gathered without keeping them: anomalies of one kind with one cause that are neighbours in a partition
 * make one group, with counts, ranges and the first few examples. Everything may be lost, and memory stays small.
 */
export interface Cause {
  readonly ruling: Ruling;
  /** The leader that acknowledged, and the one that took over. */
  readonly term?: Term | null;
  readonly successor?: Term | null;
  /** Set where `term` is that of a reader’s answer, and not of an acknowledgement. */
  readonly unacknowledged?: true;
  /** The reader that it is about. */
  readonly reader?: string;
  /** Set where it is only permitted because the history does not say this. */
  readonly dependsOn?: Unsaid;
}

export type Loss = NonNullable<Finding['loss']>;

/** One anomaly. -1 stands for an offset, a time or a value (worker and seq) that is not known. */
export interface Anomaly {
  kind: FindingKind;
  loss: Loss | null;
  partition: number;
  offset: number;
  timeNs: number;
  worker: number;
  seq: number;
  ruling: Ruling;
}

/** Values with so many offsets between them are still neighbours: failed writes leave small gaps among the lost. */
const NEIGHBOUR_OFFSETS = 100;
const GROUPS_MAX = 32;
const EXAMPLES_MAX = 10;

/** One finding in the making. */
export class Group {
  count = 0;
  firstOffset = -1;
  lastOffset = -1;
  firstNs = Infinity;
  lastNs = -Infinity;
  readonly values = new ValueRanges();
  readonly #examples: (Example | (() => Example))[] = [];

  get wantsExample(): boolean {
    return this.#examples.length < EXAMPLES_MAX;
  }

  /** The first few, made now. */
  get examples(): Example[] {
    const examples = this.#examples;
    for (const [at, example] of examples.entries())
      if (typeof example === 'function') examples[at] = example();
    // All of them are made.
    return examples as Example[];
  }

  /** One more example, which is made when somebody looks at it: most groups become part of another one before. */
  offer(make: () => Example): void {
    this.#examples.push(make);
  }

  /** @param offset -1 if there is none; `timeNs` -1 if it is not known. */
  extend(offset: number, timeNs: number): void {
    this.count++;
    if (offset >= 0) {
      if (this.firstOffset < 0 || offset < this.firstOffset) this.firstOffset = offset;
      if (offset > this.lastOffset) this.lastOffset = offset;
    }
    if (timeNs >= 0) {
      if (timeNs < this.firstNs) this.firstNs = timeNs;
      if (timeNs > this.lastNs) this.lastNs = timeNs;
    }
  }

  absorb(other: Group): void {
    this.count += other.count;
    this.firstOffset = Math.min(this.firstOffset, other.firstOffset);
    this.lastOffset = Math.max(this.lastOffset, other.lastOffset);
    this.firstNs = Math.min(this.firstNs, other.firstNs);
    this.lastNs = Math.max(this.lastNs, other.lastNs);
    this.values.absorb(other.values);
    for (let at = 0; at < other.#examples.length && this.wantsExample; at++)
      this.#examples.push(other.#examples[at]!);
  }

  /** As new. */
  clear(): void {
    this.count = 0;
    this.firstOffset = this.lastOffset = -1;
    this.firstNs = Infinity;
    this.lastNs = -Infinity;
    this.values.clear();
    this.#examples.length = 0;
  }
}

/** Makes the example of a write. All fields as in `Anomaly`; `broker` is -1 where it is not known. */
export type Describe = (
  worker: number,
  seq: number,
  offset: number,
  timeNs: number,
  broker: number,
) => Example;

/** The groups of one kind and cause in one partition, by offset. */
class Neighbourhood {
  readonly #groups: Group[] = [];
  unplaced: Group | null = null;
  /** Above the topmost group; null until it is of use. */
  #waiting: Waiting | null = null;
  #describe: Describe | null = null;
  #reach: number;
  #last = 0;
  /** One that became part of another: answers come a little out of order, so there is one for nearly every other write. */
  #spare: Group | null = null;

  readonly #rings: WaitingRings;

  constructor(reach: number, rings: WaitingRings) {
    this.#reach = reach;
    this.#rings = rings;
  }

  get groups(): readonly Group[] {
    this.#release();
    return this.#groups;
  }

  add(offset: number, timeNs: number): Group {
    // What stands below the topmost group does not concern what waits above it.
    if (offset > (this.#groups.at(-1)?.lastOffset ?? -1)) this.#release();
    const group = offset < 0 ? (this.unplaced ??= new Group()) : this.#groupAt(offset);
    group.extend(offset, timeNs);
    return group;
  }

  /** Adds a write. Where it is known that no example of it is wanted, it may wait for those before it. */
  addWrite(
    worker: number,
    seq: number,
    offset: number,
    timeNs: number,
    broker: number,
    describe: Describe,
  ): void {
    const top = this.#groups.at(-1);
    this.#describe = describe;
    if (top !== undefined && offset > top.lastOffset && !top.wantsExample && this.#reach < WAITING_MAX) {
      const ahead = offset - top.lastOffset;
      if (ahead <= this.#reach) {
        top.extend(offset, timeNs);
        top.values.add(worker, seq);
        if (this.#waiting !== null) this.#letIn(top, this.#waiting);
        return;
      }
      if (ahead < WAITING_MAX) {
        this.#waiting ??= this.#rings.take();
        if (this.#waiting?.add(offset, timeNs, worker, seq, broker) === true) return;
      }
    }
    this.#put(offset, timeNs, worker, seq, broker);
  }

  readonly #put: WaitingSink = (offset, timeNs, worker, seq, broker) => {
    const describe = this.#describe!;
    const group = this.add(offset, timeNs);
    group.values.add(worker, seq);
    if (group.wantsExample) group.offer(() => describe(worker, seq, offset, timeNs, broker));
  };

  /** All that the group has grown up to. */
  #letIn(top: Group, waiting: Waiting): void {
    let passed = 1;
    while (waiting.count > 0 && passed <= this.#reach) {
      const isIn = waiting.take(top.lastOffset + passed, (offset, timeNs, worker, seq) => {
        top.extend(offset, timeNs);
        top.values.add(worker, seq);
      });
      passed = isIn ? 1 : passed + 1;
    }
    if (waiting.count > 0) return;
    this.#rings.give(waiting);
    this.#waiting = null;
  }

  /** What waits makes groups of its own after all. */
  #release(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    waiting.takeAll(this.#put);
    this.#rings.give(waiting);
  }

  #groupAt(offset: number): Group {
    const groups = this.#groups;
    const last = groups[this.#last];
    if (last !== undefined && offset >= last.firstOffset && offset <= last.lastOffset) return last;
    // The first group that does not end out of reach below the offset.
    let low = 0;
    let high = groups.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (groups[middle]!.lastOffset + this.#reach < offset) low = middle + 1;
      else high = middle;
    }
    this.#last = low;
    const found = groups[low];
    if (found === undefined || found.firstOffset - this.#reach > offset) {
      const fresh = this.#spare ?? new Group();
      this.#spare = null;
      insertAt(groups, low, fresh);
      fresh.firstOffset = fresh.lastOffset = offset;
      if (groups.length <= GROUPS_MAX) return fresh;
      return this.#coarsen(offset);
    }
    found.firstOffset = Math.min(found.firstOffset, offset);
    found.lastOffset = Math.max(found.lastOffset, offset);
    const next = groups[low + 1];
    if (next !== undefined && next.firstOffset - this.#reach <= found.lastOffset) {
      found.absorb(next);
      removeAt(groups, low + 1);
      next.clear();
      this.#spare = next;
    }
    return found;
  }

  /** Too many groups: what counts as a neighbour reaches further from now on. */
  #coarsen(offset: number): Group {
    while (this.#groups.length > GROUPS_MAX / 2) {
      this.#reach *= 4;
      const before = this.#groups.splice(0);
      for (const group of before) {
        const previous = this.#groups.at(-1);
        if (previous !== undefined && group.firstOffset - this.#reach <= previous.lastOffset)
          previous.absorb(group);
        else this.#groups.push(group);
      }
    }
    this.#last = 0;
    return this.#groups.find((group) => offset >= group.firstOffset && offset <= group.lastOffset)!;
  }
}

/** As `splice`, which allocates a list of what it removes; the lists are short, and this happens for every write of a run that lost all. */
function insertAt(groups: Group[], index: number, group: Group): void {
  groups.push(group);
  for (let at = groups.length - 1; at > index; at--) groups[at] = groups[at - 1]!;
  groups[index] = group;
}

function removeAt(groups: Group[], index: number): void {
  for (let at = index + 1; at < groups.length; at++) groups[at - 1] = groups[at]!;
  groups.pop();
}

/** All findings of a run. */
export class Findings {
  readonly #onAnomaly: ((anomaly: Anomaly) => void) | null;
  readonly #kinds = new Map<string, Map<Cause, Neighbourhood>>();
  readonly #rings = new WaitingRings();
  /** Where the last anomaly with this cause went: nearly always the next one goes there too. */
  readonly #recent = new Map<
    Cause,
    { kind: FindingKind; loss: Loss | null; partition: number; neighbourhood: Neighbourhood }
  >();

  /** @param onAnomaly is told of each one, for those who want more than groups. */
  constructor(onAnomaly: ((anomaly: Anomaly) => void) | null = null) {
    this.#onAnomaly = onAnomaly;
  }

  /**
   * Counts one anomaly; the caller may add an example to the group that it gets.
   * @param worker the value that it is about, with `seq`; -1 when there is none.
   */
  add(
    kind: FindingKind,
    loss: Loss | null,
    partition: number,
    cause: Cause,
    offset: number,
    timeNs: number,
    worker: number = -1,
    seq: number = -1,
  ): Group {
    const group = this.#recentOf(kind, loss, partition, cause).add(offset, timeNs);
    if (worker >= 0) group.values.add(worker, seq);
    this.#onAnomaly?.({ kind, loss, partition, offset, timeNs, worker, seq, ruling: cause.ruling });
    return group;
  }

  /** The same for a write, of which there may be as many as the run has. `describe` is the same for all of one kind. */
  addWrite(
    kind: FindingKind,
    loss: Loss | null,
    partition: number,
    cause: Cause,
    offset: number,
    timeNs: number,
    worker: number,
    seq: number,
    broker: number,
    describe: Describe,
  ): void {
    const neighbourhood = this.#recentOf(kind, loss, partition, cause);
    neighbourhood.addWrite(worker, seq, offset, timeNs, broker, describe);
    this.#onAnomaly?.({ kind, loss, partition, offset, timeNs, worker, seq, ruling: cause.ruling });
  }

  #recentOf(kind: FindingKind, loss: Loss | null, partition: number, cause: Cause): Neighbourhood {
    let recent = this.#recent.get(cause);
    if (
      recent === undefined ||
      recent.kind !== kind ||
      recent.loss !== loss ||
      recent.partition !== partition
    ) {
      recent = { kind, loss, partition, neighbourhood: this.#neighbourhoodOf(kind, loss, partition, cause) };
      this.#recent.set(cause, recent);
    }
    return recent.neighbourhood;
  }

  /** Takes back everything of this kind. */
  withdraw(kind: FindingKind): void {
    for (const key of this.#kinds.keys()) if (key.startsWith(`${kind}/`)) this.#kinds.delete(key);
  }

  /** Every group, in the order in which kinds and causes were first met, by offset. */
  *[Symbol.iterator](): Generator<{
    kind: FindingKind;
    loss: Loss | null;
    partition: number;
    cause: Cause;
    group: Group;
  }> {
    for (const [key, causes] of this.#kinds) {
      const [kind, loss, partition] = key.split('/') as [FindingKind, Loss | '', string];
      for (const [cause, { groups, unplaced }] of causes) {
        for (const group of unplaced === null ? groups : [...groups, unplaced]) {
          yield { kind, loss: loss === '' ? null : loss, partition: Number(partition), cause, group };
        }
      }
    }
  }

  #neighbourhoodOf(kind: FindingKind, loss: Loss | null, partition: number, cause: Cause): Neighbourhood {
    const key = `${kind}/${loss ?? ''}/${partition}`;
    let causes = this.#kinds.get(key);
    if (causes === undefined) this.#kinds.set(key, (causes = new Map()));
    let neighbourhood = causes.get(cause);
    if (neighbourhood === undefined) {
      // The end of a log moves on: all that went back is one story.
      const reach = kind === 'end-regressed' ? Infinity : loss === 'hole' ? 1 : NEIGHBOUR_OFFSETS;
      neighbourhood = new Neighbourhood(reach, this.#rings);
      causes.set(cause, neighbourhood);
    }
    return neighbourhood;
  }
}
