import { explore } from './engine.ts';
import { Breaths } from '../limits.ts';
import type { Model } from '../model.ts';
import type { Operation } from '../operation.ts';
import { methodFor, type Method } from '../problem.ts';

/**
 * The smallest contradiction in an invalid history.
 *
 * Leaving an operation out is no way to shrink: without its write, a read is wrong that was right. Instead operations
 * are *excused*: an excused operation has no answer and no deadline, as if its outcome were unknown. Excusing more
 * can only make a history easier to explain, so a smallest set of operations that cannot all be kept to their word is
 * found by bisection: the shortest list of candidates that suffices ends with one that is needed.
 *
 * @param suspects candidates, the likeliest first; together they are a contradiction.
 * @returns null where no contradiction was found within the effort that is worth it.
 */
export async function smallestContradiction(
  model: Model,
  history: readonly Operation[],
  suspects: readonly Operation[],
  signal: AbortSignal | undefined,
): Promise<Operation[] | null> {
  const trial = new Trial(model, history, signal);
  const needed: Operation[] = [];
  let candidates = suspects.filter(({ outcome }) => outcome === 'ok');
  if (!(await trial.contradict(candidates))) return null;
  while (!(await trial.contradict(needed))) {
    const enough = await shortest(candidates, (prefix) => trial.contradict([...needed, ...prefix]));
    if (enough === 0 || trial.isSpent) return null;
    needed.push(candidates[enough - 1]!);
    candidates = candidates.slice(0, enough - 1);
  }
  return needed.toSorted((a, b) => a.ret - b.ret);
}

/** The length of the shortest prefix that suffices, given that all of it does: by doubling, then by halving. */
async function shortest<T>(
  items: readonly T[],
  suffices: (prefix: readonly T[]) => Promise<boolean>,
): Promise<number> {
  let tooFew = 0;
  let enough = Math.min(1, items.length);
  while (enough < items.length && !(await suffices(items.slice(0, enough)))) {
    tooFew = enough;
    enough = Math.min(items.length, enough * 2);
  }
  while (tooFew < enough - 1) {
    const middle = (tooFew + enough) >>> 1;
    if (await suffices(items.slice(0, middle))) enough = middle;
    else tooFew = middle;
  }
  return enough;
}

/**
 * Asks whether some operations alone, all others excused, contradict each other. The answer is false where it would
 * take too long to find out; that makes the contradiction found larger than need be, never wrong.
 */
class Trial {
  readonly #model: Model;
  readonly #history: readonly Operation[];
  readonly #signal: AbortSignal | undefined;
  /** By position: the operation excused, or null where nothing is left of it. */
  readonly #excused: (Operation | null)[];
  readonly #method: Method;
  readonly #breaths = new Breaths();
  /** A step of the engine tries every operation that is open, and excused ones stay open for ever. */
  #effortLeft = EFFORT_MAX;

  constructor(model: Model, history: readonly Operation[], signal: AbortSignal | undefined) {
    this.#model = model;
    this.#history = history;
    this.#signal = signal;
    const machine = model.open(history);
    // An observer without its answer says nothing.
    this.#excused = history.map((operation) =>
      machine.observes(operation) ? null : { ...operation, outcome: 'info', ret: Infinity },
    );
    const excused = this.#excused.filter((operation) => operation !== null);
    this.#method = methodFor(model, [...history, ...excused]);
  }

  /** All the effort that explaining is worth has been made. */
  get isSpent(): boolean {
    return this.#effortLeft <= 0 || this.#signal?.aborted === true;
  }

  async contradict(operations: readonly Operation[]): Promise<boolean> {
    await this.#breaths.after(this.#history.length);
    if (this.isSpent) return false;
    const weaker = this.#excuseAllBut(new Set(operations));
    const pruned = this.#model.prune?.(weaker) ?? weaker;
    this.#effortLeft -= this.#history.length * EFFORT_PER_OPERATION;
    const quick = this.#model.shortcut?.(pruned) ?? null;
    if (quick !== null) return quick.verdict === 'invalid';
    const found = await explore(this.#method.problem(pruned), {
      signal: this.#signal,
      memoryBytesMax: TRIAL_BYTES_MAX,
      stepsMax: Math.ceil(TRIAL_EFFORT_MAX / (pruned.length + 1)),
    });
    this.#effortLeft -= found.steps * pruned.length;
    return found.verdict === 'invalid';
  }

  #excuseAllBut(kept: ReadonlySet<Operation>): Operation[] {
    // What is called when all of these have returned cannot help or hinder them.
    let end = -Infinity;
    for (const { ret } of kept) end = Math.max(end, ret);
    const weaker: Operation[] = [];
    for (const [at, operation] of this.#history.entries()) {
      const excused = this.#excused[at]!;
      if (kept.has(operation)) weaker.push(operation);
      else if (operation.call < end && excused !== null) weaker.push(excused);
    }
    return weaker;
  }
}

const EFFORT_MAX = 15_000_000;
const TRIAL_EFFORT_MAX = 2_500_000;
const EFFORT_PER_OPERATION = 2;
const TRIAL_BYTES_MAX = 2 ** 26;
