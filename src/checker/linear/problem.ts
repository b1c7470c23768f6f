import { Automaton } from './automaton.ts';
import type { Problem } from './engine.ts';
import type { Model } from './model.ts';
import type { Operation } from './operation.ts';
import { Search } from './search.ts';

/** How histories of one object are searched: as the model knows best, or by the engine. */
export interface Method {
  name: string;
  /** The problem that a history poses, or a part of the one that the method was made for. */
  problem(history: readonly Operation[]): Problem;
}

/** @param history every operation that will ever be part of a problem; the engine numbers them once. */
export function methodFor(model: Model, history: readonly Operation[]): Method {
  const { search } = model;
  if (search !== undefined) {
    return {
      name: search.method,
      problem: (part) => ({
        history: part,
        varies: false,
        begin: ({ memory }) => search.begin(part, memory),
      }),
    };
  }
  const automaton = new Automaton(model.open(history));
  const letters = new Map(Array.from(automaton.spell(history), (letter, at) => [history[at]!, letter]));
  return {
    name: 'jit',
    problem(part) {
      const spelled = Int32Array.from(part, (operation) => letters.get(operation)!);
      return {
        history: part,
        varies: true,
        begin: (options) => new Search({ automaton, history: part, letters: spelled }, options),
      };
    },
  };
}
