import type { Clock } from './clock.ts';

/**
 * Time that passes only when nothing is left to do at this moment: a heap of deadlines, and a loop that jumps from
 * one to the next. The same program with the same seed meets the same events in the same order on any machine.
 *
 * After an event that woke code outside the model (a sleep that is over, an answer to a client) everything that this
 * code can do now must have been done before time goes on. Promises settle in microtasks, and how many of them a
 * chain needs does not matter: the loop waits for one macrotask of the machine, which comes when all microtasks
 * are through. Events that only concern the model itself need no such pause, and take a fraction of a microsecond.
 */
export interface VirtualClock extends Clock {
  /** Calls back at that time, or now if it has passed; callbacks for the same time come in the order of asking. */
  at(deadlineNs: number, callback: () => void): Timer;
  /** To be called by a callback that resolves something that code outside the model awaits. */
  wake(): void;
  /**
   * Lets time pass until `work` is settled, and gives its result. Rejects when `work` waits for something that no
   * event can bring, or beyond `limitNs`.
   */
  drive<T>(work: Promise<T>, limitNs?: number): Promise<T>;
}

/** An appointment; without its callback it is cancelled. */
export interface Timer {
  readonly deadlineNs: number;
  readonly order: number;
  callback: (() => void) | null;
}

const LIMIT_NS = 7 * 24 * 3_600 * 1e9;

export function virtualClock(): VirtualClock {
  const heap: Timer[] = [];
  let nowNs = 0;
  let order = 0;
  let woken = false;

  const at = (deadlineNs: number, callback: () => void): Timer => {
    const timer = { deadlineNs: deadlineNs > nowNs ? deadlineNs : nowNs, order: order++, callback };
    push(heap, timer);
    return timer;
  };

  return {
    nowNs: () => nowNs,
    at,
    wake() {
      woken = true;
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = new Sleeper(resolve, signal);
        sleeper.timer = at(nowNs + Math.round(Math.max(0, ms) * 1e6), () => {
          woken = true;
          sleeper.awake();
        });
      }),
    async drive(work, limitNs = LIMIT_NS) {
      let over = false;
      const settle = () => (over = true);
      work.then(settle, settle);
      await new Promise<void>((resolve, reject) => {
        const turn = () => {
          if (over) return resolve();
          woken = false;
          try {
            for (;;) {
              const next = pop(heap);
              if (next === undefined)
                throw new Error('Virtual time stands still: nothing will ever wake this.');
              nowNs = next.deadlineNs;
              if (nowNs > limitNs) throw new Error(`Virtual time ran past its limit of ${limitNs / 1e9} s.`);
              next.callback?.();
              if (woken) break;
            }
          } catch (error) {
            return reject(error instanceof Error ? error : new Error(String(error)));
          }
          setImmediate(turn);
        };
        setImmediate(turn);
      });
      return work;
    },
  };
}

/** Somebody who sleeps, until the time has come or a signal says so. */
class Sleeper {
  timer: Timer | null = null;
  readonly #resolve: () => void;
  readonly #signal: AbortSignal | undefined;

  constructor(resolve: () => void, signal: AbortSignal | undefined) {
    this.#resolve = resolve;
    this.#signal = signal;
    signal?.addEventListener('abort', this);
  }

  awake(): void {
    this.#signal?.removeEventListener('abort', this);
    this.#resolve();
  }

  handleEvent(): void {
    if (this.timer !== null) this.timer.callback = null;
    this.awake();
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.deadlineNs < b.deadlineNs || (a.deadlineNs === b.deadlineNs && a.order < b.order);
}

function push(heap: Timer[], timer: Timer): void {
  let index = heap.length;
  heap.push(timer);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent]!;
    if (!isBefore(timer, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = timer;
}

function pop(heap: Timer[]): Timer | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || first === last) return first;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    const below = heap[child]!;
    if (!isBefore(below, last)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = last;
  return first;
}
