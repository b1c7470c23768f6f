import { Automaton } from './search/automaton.ts';
import type { Problem } from './search/engine.ts';
import type { Model } from './model.ts';
import type { Operation } from './operation.ts';
import { Search } from './search/search.ts';

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
  const letters = automaton.spell(history);
  let letterOf: Map<Operation, number> | undefined;
  return {
    name: 'jit',
    problem(part) {
      letterOf ??=
        part === history ? undefined : new Map(history.map((operation, at) => [operation, letters[at]!]));
      const spelled =
        part === history ? letters : Int32Array.from(part, (operation) => letterOf!.get(operation)!);
      return {
        history: part,
        varies: true,
        begin: (options) => new Search({ automaton, history: part, letters: spelled }, options),
      };
    },
  };
}
