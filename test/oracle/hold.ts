import { Automaton } from '../../src/checker/linear/automaton.ts';
import { check } from '../../src/checker/linear/check.ts';
import { Memory } from '../../src/checker/linear/limits.ts';
import { modelNamed } from '../../src/checker/linear/models/catalog.ts';
import type { Model } from '../../src/checker/linear/model.ts';
import type { Operation } from '../../src/checker/linear/operation.ts';
import { ranked } from '../../src/checker/linear/rank.ts';
import { Search } from '../../src/checker/linear/search.ts';
import { historyOf, type Draft } from './drafts.ts';
import type { Sort } from './kinds.ts';
import { excuse, flawOf, isLinearizable } from './sequential.ts';

/**
 * Holds one random history against brute force: the verdict and its evidence, by the fast path and by the engine, and
 * what searches too narrow to be sure dare to claim. Throws what is wrong, in words.
 */
export async function hold(sort: Sort, plan: readonly Draft[]): Promise<{ verdict: string; method: string }> {
  const history = historyOf(sort, plan);
  const expected = isLinearizable(sort.object, history) ? 'valid' : 'invalid';
  const model = modelNamed(sort.model);
  const searchOnly: Model = { ...model, shortcut: () => null };
  const engineOnly: Model = { ...searchOnly };
  delete engineOnly.search;
  const found = await judge(sort, model, history, expected);
  if ('shortcut' in model && 'search' in model) await judge(sort, searchOnly, history, expected);
  if ('shortcut' in model || 'search' in model) await judge(sort, engineOnly, history, expected);
  holdNarrow(engineOnly, history, expected);
  holdLumped(sort, engineOnly, history, expected);
  return found;
}

async function judge(sort: Sort, model: Model, history: readonly Operation[], expected: string) {
  const result = await check(model, history);
  const fail = (what: string) => {
    throw new Error(`${what}\n${JSON.stringify({ expected, history, result }, null, 1)}`);
  };
  if (result.verdict !== expected) fail(`${result.method} says ${result.verdict}, brute force ${expected}`);
  if (result.witness !== undefined) {
    const flaw = flawOf(
      sort.object,
      history,
      result.witness.flatMap(({ order }) => order),
    );
    if (flaw !== null) fail(`the witness is none: ${flaw}`);
  }
  if (result.culprit !== undefined) {
    const { operation, conflicts, minimal } = result.culprit;
    const members = [operation, ...conflicts].map(({ index }) => index);
    if (!minimal) fail('the contradiction was not made as small as it can be');
    if (isLinearizable(sort.object, excuse(history, new Set(members)))) fail('the contradiction is none');
    for (const spared of members) {
      const rest = new Set(members.filter((index) => index !== spared));
      if (!isLinearizable(sort.object, excuse(history, rest)))
        fail(`the contradiction does not need ${spared}`);
    }
  }
  return { verdict: result.verdict, method: result.method };
}

/** Searches that leave things out: what they claim all the same must be true. */
function holdNarrow(model: Model, history: readonly Operation[], expected: string): void {
  const order = ranked(history);
  for (const width of [1, 2, 5]) {
    const search = searchOf(model, order, { width });
    const found = search.advance(Infinity)!;
    const claim = 'order' in found ? 'valid' : search.narrowed ? expected : 'invalid';
    if (claim !== expected) throw new Error(`width ${width} claims ${claim}\n${JSON.stringify(history)}`);
  }
}

/** Searches that lump unknowns together, until the order that they find is real or there is none. */
function holdLumped(sort: Sort, model: Model, history: readonly Operation[], expected: string): void {
  const order = model.prune?.(ranked(history)) ?? ranked(history);
  const counted = new Set<number>();
  const fail = (what: string) => {
    throw new Error(`lumped: ${what}, brute force says ${expected}\n${JSON.stringify(history)}`);
  };
  for (;;) {
    const found = searchOf(model, order, { width: Infinity, counted }).advance(Infinity)!;
    if ('stuck' in found) return expected === 'invalid' ? undefined : fail('no order');
    if ('order' in found) {
      const indexes = found.order.map((at) => order[at]!.index);
      const flaw = flawOf(sort.object, history, indexes);
      return expected === 'valid' && flaw === null ? undefined : fail(`an order (${flaw})`);
    }
    if (found.ranOut.every((number) => counted.has(number))) return fail('nothing new ran out');
    for (const number of found.ranOut) counted.add(number);
  }
}

function searchOf(
  model: Model,
  order: readonly Operation[],
  options: { width: number; counted?: ReadonlySet<number> },
): Search {
  const automaton = new Automaton(model.open(order));
  const problem = { automaton, history: order, letters: automaton.spell(order) };
  return new Search(problem, { ...options, memory: new Memory(2 ** 24) });
}
