import { setImmediate as turn } from 'node:timers/promises';
import { Memory, OutOfMemory } from './limits.ts';
import type { Operation } from './operation.ts';
import { Search, type Problem } from './search.ts';

/** What the engine may use up. */
export interface Limits {
  /** Ends the search with `stopped`. It is looked at every few milliseconds. */
  signal?: AbortSignal | undefined;
  memoryBytesMax: number;
  /** Configurations to look at in all; the same on every machine, unlike time. */
  stepsMax?: number;
}

export type Found =
  | { verdict: 'valid'; witness: Operation[] }
  | { verdict: 'invalid'; operation: Operation }
  | { verdict: 'unknown'; because: 'stopped' | 'memory' | 'steps' };

/**
 * Tries everything, for a moment. If that was too short, looks for an order with a narrow search, and with ever wider
 * ones as long as what was left out might have been the answer. Most valid histories have so many explanations that
 * a narrow search meets one, whereas trying everything would take for ever.
 */
export async function explore(
  problem: Problem,
  limits: Limits,
): Promise<Found & { steps: number; bytesPeak: number }> {
  const stepsMax = limits.stepsMax ?? Infinity;
  let steps = 0;
  let bytesPeak = 0;
  for (const { width, stepsEach } of PASSES) {
    const memory = new Memory(limits.memoryBytesMax);
    try {
      const search = new Search(problem, { width, memory });
      const found = await pursue(search, Math.min(stepsEach, stepsMax - steps), limits.signal);
      steps += search.steps;
      bytesPeak = Math.max(bytesPeak, memory.bytesPeak);
      if (found === 'stopped') return { verdict: 'unknown', because: 'stopped', steps, bytesPeak };
      if (found === 'steps') {
        if (steps >= stepsMax) break;
      } else if ('order' in found) {
        return { verdict: 'valid', witness: found.order.map((at) => problem.history[at]!), steps, bytesPeak };
      } else if (!search.narrowed) {
        return { verdict: 'invalid', operation: problem.history[found.stuck]!, steps, bytesPeak };
      }
    } catch (error) {
      if (!(error instanceof OutOfMemory)) throw error;
      return { verdict: 'unknown', because: 'memory', steps, bytesPeak: limits.memoryBytesMax };
    }
  }
  return { verdict: 'unknown', because: 'steps', steps, bytesPeak };
}

const PASSES = [
  { width: Infinity, stepsEach: 2 ** 12 },
  { width: 16, stepsEach: Infinity },
  { width: 256, stepsEach: Infinity },
  { width: 4096, stepsEach: Infinity },
  { width: Infinity, stepsEach: Infinity },
];

async function pursue(search: Search, stepsMax: number, signal: AbortSignal | undefined) {
  for (;;) {
    const found = search.advance(Math.min(STEPS_PER_TURN, stepsMax - search.steps));
    if (found !== null) return found;
    if (search.steps >= stepsMax) return 'steps';
    await turn();
    if (signal?.aborted === true) return 'stopped';
  }
}

/** A few milliseconds: timers and signals get their turn in between. */
const STEPS_PER_TURN = 2 ** 12;
