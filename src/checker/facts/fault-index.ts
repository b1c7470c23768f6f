import type { FaultSpan } from '../../history/fault-spans.ts';
import { FirstBelow } from '../columns/first-below.ts';
import { countUpTo } from '../../core/sorted.ts';
import { diskExcuseOf } from './disks.ts';

/** The faults of a run, to be asked about by time and by node: there may be thousands of them, and of questions. */
export class FaultIndex {
  readonly #spans: readonly FaultSpan[];
  /** In the order in which they began: their numbers in `#spans`, when they began, and when they ended. */
  readonly #order: readonly number[];
  readonly #fromNs: readonly number[];
  readonly #untilNs: FirstBelow;
  readonly #lastNs = new Map<string, number>();
  /** Why a disk may have lost what it held, in words; null where no fault changed one. */
  readonly diskExcuse: string | null;

  constructor(spans: readonly FaultSpan[]) {
    this.#spans = spans;
    this.diskExcuse = diskExcuseOf(spans);
    this.#order = [...spans.keys()].toSorted((a, b) => spans[a]!.fromNs - spans[b]!.fromNs);
    this.#fromNs = this.#order.map((index) => spans[index]!.fromNs);
    // The least of the negatives is the latest end.
    this.#untilNs = new FirstBelow(this.#order.map((index) => -spans[index]!.toNs));
    for (const { targets, toNs, isHarmless } of spans) {
      if (isHarmless === true) continue;
      for (const node of targets) this.#lastNs.set(node, Math.max(toNs, this.lastNs(node)));
    }
  }

  /** When the last fault ended that stopped this node, or cut it off; Infinity if one never did, -Infinity if there was none. */
  lastNs(node: string): number {
    return this.#lastNs.get(node) ?? -Infinity;
  }

  /** The faults in force at any time between these two, in the order of the history. */
  during(fromNs: number, toNs: number): FaultSpan[] {
    const begun = countUpTo(this.#fromNs, toNs);
    const found: number[] = [];
    const limit = Math.max(-fromNs, -Number.MAX_VALUE);
    for (let at = this.#untilNs.find(0, limit); at >= 0 && at < begun; at = this.#untilNs.find(at + 1, limit))
      found.push(this.#order[at]!);
    return found.toSorted((a, b) => a - b).map((index) => this.#spans[index]!);
  }
}
