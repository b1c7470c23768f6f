import { Automaton } from '../../src/linear/search/automaton.ts';
import { check } from '../../src/linear/check.ts';
import { Memory } from '../../src/linear/limits.ts';
import { modelNamed } from '../../src/linear/models/catalog.ts';
import type { Model } from '../../src/linear/model.ts';
import type { Operation } from '../../src/linear/operation.ts';
import { ranked } from '../../src/linear/fast/rank.ts';
import { Search } from '../../src/linear/search/search.ts';
import { historyOf, type Draft } from './drafts.ts';
import type { Sort } from './kinds.ts';
import { excuse, flawOf, isLinearizable } from './sequential.ts';

/**
 * Holds one random history against brute force: the verdict and its evidence, by the fast path and by the engine, and
 * what searches too narrow to be sure dare to claim. Throws what is wrong, in words.
 */
export async function hold(sort: Sort, plan: readonly Draft[]): Promise<{ verdict: string; method: string }> {
  const history = historyOf(sort, plan);
  const model = modelNamed(sort.model);
  const searchOnly: Model = { ...model, shortcut: () => null };
  const engineOnly: Model = { ...searchOnly };
  delete engineOnly.search;
  const whole = caseOf(sort, history);
  const found = await judge(whole, model);
  if ('shortcut' in model && 'search' in model) await judge(whole, searchOnly);
  if ('shortcut' in model || 'search' in model) await judge(whole, engineOnly);
  for (const key of new Set(history.map((operation) => operation.key))) {
    const object = caseOf(
      sort,
      history.filter((operation) => operation.key === key),
    );
    holdNarrow(object, engineOnly);
    holdLumped(object, engineOnly);
  }
  return found;
}

/** A history, as the twin sees it and as the checker is told, and what the twin says of it. */
interface Case {
  twin: Sort['object'];
  history: readonly Operation[];
  told: readonly Operation[];
  expected: 'valid' | 'invalid';
  /** Nothing that completed shows what the object held. */
  isSilent: boolean;
}

function caseOf(sort: Sort, history: readonly Operation[]): Case {
  const { object: twin, told: tell } = sort;
  return {
    twin,
    history,
    told: tell === undefined ? history : history.map((operation) => retold(operation, tell)),
    expected: isLinearizable(twin, history) ? 'valid' : 'invalid',
    isSilent: history.every((operation) => operation.outcome === 'info' || isSilent(operation)),
  };
}

/** Operations that answer the same whatever the object holds. */
function isSilent({ f, output }: Operation): boolean {
  if (f === 'txn') return (output as [string][]).every(([step]) => step === 'w');
  return ['write', 'add', 'remove', 'append', 'enqueue', 'push', 'insert'].includes(f);
}

function retold(operation: Operation, tell: NonNullable<Sort['told']>): Operation {
  const { index, key, input, output } = operation;
  return {
    ...operation,
    key: key === undefined ? undefined : tell(key, index),
    input: tell(input, index),
    output: tell(output, index + 1),
  };
}

async function judge({ twin, history, told, expected, isSilent: silent }: Case, model: Model) {
  const result = await check(model, told);
  const fail = (what: string) => {
    throw new Error(`${what}\n${JSON.stringify({ expected, told, result }, null, 1)}`);
  };
  if (silent && expected === 'invalid') fail('brute force finds a contradiction where nothing was answered');
  const wanted = silent ? 'unknown' : expected;
  if (result.verdict !== wanted) fail(`${result.method} says ${result.verdict}, brute force ${wanted}`);
  for (const { order } of result.witness ?? []) {
    const flaw = flawOf(
      twin,
      history.filter(({ index }) => order.includes(index)),
      order,
    );
    if (flaw !== null) fail(`the witness is none: ${flaw}`);
  }
  const placed = new Set(result.witness?.flatMap(({ order }) => order));
  const forgotten = history.find(({ index, outcome }) => outcome === 'ok' && !placed.has(index));
  if (result.witness !== undefined && forgotten !== undefined)
    fail(`the witness lacks operation ${forgotten.index}`);
  if (result.culprit !== undefined) {
    const { operation, conflicts, minimal } = result.culprit;
    const members = [operation, ...conflicts].map(({ index }) => index);
    if (!minimal) fail('the contradiction was not made as small as it can be');
    if (isLinearizable(twin, excuse(history, new Set(members)))) fail('the contradiction is none');
    if (OWN_ANSWERS.has(model.name) && (result.method === 'zones' || result.method === 'sweep'))
      holdEarliest(twin, history, operation.index, fail);
    for (const spared of members) {
      const rest = new Set(members.filter((index) => index !== spared));
      if (!isLinearizable(twin, excuse(history, rest))) fail(`the contradiction does not need ${spared}`);
    }
  }
  return { verdict: result.verdict, method: result.method };
}

/** Models of which an operation without its answer is one that may or may not have happened, and nothing else. */
const OWN_ANSWERS = new Set(['register', 'cas-register', 'kv', 'set', 'append-list']);

/** What a fast path points at is the first return at which the history contradicts itself. */
function holdEarliest(
  twin: Sort['object'],
  history: readonly Operation[],
  index: number,
  fail: (what: string) => void,
): void {
  const culprit = history.find((operation) => operation.index === index)!;
  const object = history.filter(({ key }) => key === culprit.key);
  const before = object.filter(({ ret }) => ret < culprit.ret).map((operation) => operation.index);
  if (!isLinearizable(twin, excuse(object, new Set(before))))
    fail(`what returned before ${index} is a contradiction already`);
}

/** Searches that leave things out: what they claim all the same must be true. */
function holdNarrow({ told, expected }: Case, model: Model): void {
  const order = ranked(told);
  for (const width of [1, 2, 5]) {
    const search = searchOf(model, order, { width });
    const found = search.advance(Infinity)!;
    const claim = 'order' in found ? 'valid' : search.narrowed ? expected : 'invalid';
    if (claim !== expected) throw new Error(`width ${width} claims ${claim}\n${JSON.stringify(told)}`);
  }
}

/** Searches that lump unknowns together, until the order that they find is real or there is none. */
function holdLumped({ twin, history, told, expected }: Case, model: Model): void {
  const order = model.prune?.(ranked(told)) ?? ranked(told);
  const counted = new Set<number>();
  const fail = (what: string) => {
    throw new Error(`lumped: ${what}, brute force says ${expected}\n${JSON.stringify(told)}`);
  };
  for (;;) {
    const found = searchOf(model, order, { width: Infinity, counted }).advance(Infinity)!;
    if ('stuck' in found) return expected === 'invalid' ? undefined : fail('no order');
    if ('order' in found) {
      const indexes = found.order.map((at) => order[at]!.index);
      const flaw = flawOf(twin, history, indexes);
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
