import { setImmediate as turn } from 'node:timers/promises';
import { Memory, OutOfMemory } from '../limits.ts';
import type { Operation } from '../operation.ts';
import type { Finder } from './finder.ts';

/** What the engine may use up. */
export interface Limits {
  /** Ends the search with `stopped`. It is looked at every few milliseconds. */
  signal?: AbortSignal | undefined;
  memoryBytesMax: number;
  /** Configurations to look at in all; the same on every machine, unlike time. */
  stepsMax?: number;
}

/** A history to be searched. */
export interface Problem {
  history: readonly Operation[];
  /** False where searches can neither be narrow nor lump anything together: the first one tries everything. */
  varies: boolean;
  /** A search from the beginning. */
  begin(options: { width: number; memory: Memory; counted?: ReadonlySet<number> }): Finder;
}

export type Found =
  | { verdict: 'valid'; witness: Operation[] }
  | { verdict: 'invalid'; operation: Operation }
  | { verdict: 'unknown'; because: 'stopped' | 'memory' | 'steps' };

/**
 * Tries everything, for a moment. If that was too short, looks for an order with a narrow search, and with ever wider
 * ones as long as what was left out might have been the answer. Most valid histories have so many explanations that
 * a narrow search meets one, whereas trying everything would take for ever.
 *
 * Operations of unknown outcome are lumped together at first (see `Unknowns`), and only the classes of them that run
 * out in the order found are counted when the search begins again. After a few rounds that order is real, or there is
 * none.
 */
export async function explore(
  problem: Problem,
  limits: Limits,
): Promise<Found & { steps: number; bytesPeak: number }> {
  const stepsMax = limits.stepsMax ?? Infinity;
  const counted = new Set<number>();
  let steps = 0;
  let bytesPeak = 0;
  let passes = problem.varies ? passesFor(problem.history) : [EVERYTHING];
  let because: 'memory' | 'steps' = 'steps';
  for (let pass = passes.shift(); pass !== undefined; pass = passes.shift()) {
    const { width, stepsEach, lumps } = pass;
    const memory = new Memory(limits.memoryBytesMax);
    try {
      const search = problem.begin({ width, memory, ...(lumps ? { counted } : {}) });
      const found = await pursue(search, Math.min(stepsEach, stepsMax - steps), limits.signal);
      steps += search.steps;
      bytesPeak = Math.max(bytesPeak, memory.bytesPeak);
      if (found === 'stopped') return { verdict: 'unknown', because: 'stopped', steps, bytesPeak };
      if (found === 'steps') {
        if (steps >= stepsMax) break;
      } else if ('order' in found) {
        return { verdict: 'valid', witness: found.order.map((at) => problem.history[at]!), steps, bytesPeak };
      } else if ('ranOut' in found) {
        for (const number of found.ranOut) counted.add(number);
        passes.unshift(pass);
      } else if (!search.narrowed) {
        return { verdict: 'invalid', operation: problem.history[found.stuck]!, steps, bytesPeak };
      }
    } catch (error) {
      if (!(error instanceof OutOfMemory)) throw error;
      because = 'memory';
      bytesPeak = limits.memoryBytesMax;
      // A narrow search may do with less.
      passes = passes.filter((other) => other.width < width);
    }
  }
  return { verdict: 'unknown', because, steps, bytesPeak };
}

interface Pass {
  width: number;
  stepsEach: number;
  /** Only for histories with operations of unknown outcome: lumps them together. */
  lumps: boolean;
}

function passesFor(history: readonly Operation[]): Pass[] {
  const lumps = history.some(({ ret }) => ret === Infinity);
  return PASSES.filter((pass) => pass === EVERYTHING || lumps || !pass.lumps);
}

const EVERYTHING: Pass = { width: Infinity, stepsEach: Infinity, lumps: true };

const PASSES: readonly Pass[] = [
  { width: Infinity, stepsEach: 2 ** 12, lumps: false },
  { width: 16, stepsEach: Infinity, lumps: false },
  { width: Infinity, stepsEach: 2 ** 22, lumps: true },
  { width: 256, stepsEach: Infinity, lumps: false },
  { width: Infinity, stepsEach: 2 ** 24, lumps: true },
  { width: 4096, stepsEach: Infinity, lumps: false },
  EVERYTHING,
];

async function pursue(search: Finder, stepsMax: number, signal: AbortSignal | undefined) {
  for (;;) {
    const found = search.advance(Math.min(STEPS_PER_TURN, stepsMax - search.steps), LOOKS_PER_TURN);
    if (found !== null) return found;
    if (search.steps >= stepsMax) return 'steps';
    await turn();
    if (signal?.aborted === true) return 'stopped';
  }
}

/** A few milliseconds: timers and signals get their turn in between. */
const STEPS_PER_TURN = 2 ** 12;
/** The same where thousands of operations are open, all of which a single step looks at. */
const LOOKS_PER_TURN = 2 ** 20;
