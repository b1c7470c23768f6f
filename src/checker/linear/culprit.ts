import { Automaton } from './automaton.ts';
import { explore } from './engine.ts';
import type { Model } from './model.ts';
import type { Operation } from './operation.ts';

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
  const trial = trialOf(model, history, signal);
  const contradict = (kept: Iterable<Operation>) => trial(new Set(kept));
  const needed = new Set<Operation>();
  let candidates = suspects.filter(({ outcome }) => outcome === 'ok');
  if (!(await contradict(candidates))) return null;
  while (!(await contradict(needed))) {
    let enough = candidates.length;
    for (let tooFew = 0; tooFew < enough - 1;) {
      const middle = (tooFew + enough) >>> 1;
      if (await contradict([...needed, ...candidates.slice(0, middle)])) enough = middle;
      else tooFew = middle;
    }
    if (enough === 0) return null;
    needed.add(candidates[enough - 1]!);
    candidates = candidates.slice(0, enough - 1);
  }
  return [...needed].toSorted((a, b) => a.ret - b.ret);
}

/**
 * Asks whether some operations alone, all others excused, contradict each other. The answer is false where it would
 * take too long to find out; that makes the contradiction found larger than need be, never wrong.
 */
function trialOf(model: Model, history: readonly Operation[], signal: AbortSignal | undefined) {
  const machine = model.open(history);
  const automaton = new Automaton(machine);
  const excused = history.map((operation) => ({ ...operation, outcome: 'info', ret: Infinity }) as const);
  const letters = new Map<Operation, number>();
  for (const operations of [history, excused]) {
    for (const [at, letter] of automaton.spell(operations).entries()) letters.set(operations[at]!, letter);
  }
  let stepsLeft = STEPS_MAX;

  return async (kept: ReadonlySet<Operation>): Promise<boolean> => {
    if (stepsLeft <= 0 || signal?.aborted === true) return false;
    // What is called when all of these have returned cannot help or hinder them.
    let end = -Infinity;
    for (const { ret } of kept) end = Math.max(end, ret);
    const weaker: Operation[] = [];
    for (const [at, operation] of history.entries()) {
      if (kept.has(operation)) weaker.push(operation);
      // An observer without its answer says nothing.
      else if (operation.call < end && !machine.observes(operation)) weaker.push(excused[at]!);
    }
    const pruned = model.prune?.(weaker) ?? weaker;
    stepsLeft -= pruned.length;
    const quick = model.shortcut?.(pruned) ?? null;
    if (quick !== null) return quick.verdict === 'invalid';
    const problem = {
      automaton,
      history: pruned,
      letters: Int32Array.from(pruned, (operation) => letters.get(operation)!),
    };
    const stepsMax = Math.min(TRIAL_STEPS_MAX, stepsLeft);
    const found = await explore(problem, { signal, memoryBytesMax: TRIAL_BYTES_MAX, stepsMax });
    stepsLeft -= found.steps;
    return found.verdict === 'invalid';
  };
}

const STEPS_MAX = 1_000_000;
const TRIAL_STEPS_MAX = 20_000;
const TRIAL_BYTES_MAX = 2 ** 26;
