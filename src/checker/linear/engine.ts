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
 * Looks for an order with a narrow search first, and with ever wider ones as long as what was left out might have
 * been the answer. Most valid histories have so many explanations that a narrow search meets one, whereas trying
 * everything would take for ever.
 */
export async function explore(
  problem: Problem,
  limits: Limits,
): Promise<Found & { steps: number; bytesPeak: number }> {
  let steps = 0;
  let bytesPeak = 0;
  for (let width = WIDTH_MIN; ; width = width < WIDTH_MAX ? width * WIDER : Infinity) {
    const memory = new Memory(limits.memoryBytesMax);
    try {
      const search = new Search(problem, { width, memory });
      const found = await pursue(search, { ...limits, stepsMax: (limits.stepsMax ?? Infinity) - steps });
      steps += search.steps;
      bytesPeak = Math.max(bytesPeak, memory.bytesPeak);
      if (typeof found === 'string') return { verdict: 'unknown', because: found, steps, bytesPeak };
      if ('order' in found) {
        return { verdict: 'valid', witness: found.order.map((at) => problem.history[at]!), steps, bytesPeak };
      }
      if (!search.narrowed) return { verdict: 'invalid', operation: problem.history[found.stuck]!, steps, bytesPeak };
    } catch (error) {
      if (!(error instanceof OutOfMemory)) throw error;
      return { verdict: 'unknown', because: 'memory', steps, bytesPeak: limits.memoryBytesMax };
    }
  }
}

async function pursue(search: Search, { signal, stepsMax = Infinity }: Limits) {
  for (;;) {
    const found = search.advance(Math.min(STEPS_PER_TURN, stepsMax - search.steps));
    if (found !== null) return found;
    if (search.steps >= stepsMax) return 'steps';
    await turn();
    if (signal?.aborted === true) return 'stopped';
  }
}

const WIDTH_MIN = 256;
const WIDTH_MAX = 2 ** 18;
const WIDER = 16;
/** A few milliseconds: timers and signals get their turn in between. */
const STEPS_PER_TURN = 4096;
