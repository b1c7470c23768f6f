import { countBelow } from '../../core/sorted.ts';
import type { Operation } from '../operation.ts';

/**
 * The stretches between the events of a history, numbered from 0: what is open in one is open in all of it, so
 * operations that happen in the same one may come in any order.
 */
export class Moments {
  readonly #times: Float64Array;

  constructor(history: readonly Operation[]) {
    const times = new Float64Array(2 * history.length);
    let count = 0;
    for (const { call, ret } of history) {
      times[count++] = call;
      if (ret !== Infinity) times[count++] = ret;
    }
    this.#times = times.subarray(0, count).toSorted();
  }

  /** How many there are; the last one never ends. */
  get count(): number {
    return this.#times.length;
  }

  /** The first moment of what is called then. */
  from(call: number): number {
    return this.#positionOf(call);
  }

  /** The last moment of what returns then. */
  until(ret: number): number {
    return ret === Infinity ? this.count - 1 : this.#positionOf(ret) - 1;
  }

  /** When a moment begins: what was called then, or before, is open in it. */
  start(moment: number): number {
    return this.#times[moment]!;
  }

  #positionOf(time: number): number {
    return countBelow(this.#times, time);
  }
}
