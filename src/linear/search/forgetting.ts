import type { Automaton } from './automaton.ts';
import type { Configurations } from './configurations.ts';
import type { Trace } from './trace.ts';

/** What a search forgets, so that memory follows from how much is concurrent and not from how long the history is. */

/** Below this, forgetting states costs more than it frees. */
const STATES_MAX = 1 << 16;

/** The trace of any configuration that is left. */
export function firstTrace(current: Configurations): number {
  for (const offset of liveRows(current)) return current.rows[offset + current.trace]!;
  throw new Error('no configuration is left, yet none was missed');
}

/** Forgets the ways that led to configurations that are gone. */
export function pruneTrace(trace: Trace, current: Configurations): void {
  const { rows } = current;
  const live = [...liveRows(current)];
  const numbers = trace.prune(live.map((offset) => rows[offset + current.trace]!));
  for (const offset of live) rows[offset + current.trace] = numbers[rows[offset + current.trace]!]!;
}

/** Whether there are many states, and few configurations that could be in them. */
export function hasTooManyStates({ stateCount }: Automaton, current: Configurations): boolean {
  return stateCount > STATES_MAX && stateCount > current.size * 8;
}

/** Forgets the states that no configuration is in any more. */
export function forgetStates(automaton: Automaton, current: Configurations): void {
  const { rows } = current;
  const live = [...liveRows(current)];
  const numbers = automaton.keepOnly(new Set(live.map((offset) => rows[offset]!)));
  for (const offset of live) rows[offset] = numbers.get(rows[offset]!)!;
  current.rebuild();
}

function* liveRows(current: Configurations): Generator<number> {
  const { stride } = current;
  for (let offset = 0; offset < current.length * stride; offset += stride) {
    if (!current.isDead(offset)) yield offset;
  }
}
