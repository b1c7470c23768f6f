import { Failure } from '../core/failure.ts';
import { earliestContradiction } from './fast/earliest.ts';
import { smallestContradiction } from './search/culprit.ts';
import { explore, type Limits } from './search/engine.ts';
import { logHint } from './log-hint.ts';
import type { Model } from './model.ts';
import { describe, identity, type Operation } from './operation.ts';
import { Breaths } from './limits.ts';
import { methodFor } from './problem.ts';
import { ranked } from './fast/rank.ts';
import { sighting, type Culprit, type LinearResult, type Stats, type Witness } from './result.ts';

export interface CheckOptions {
  /** Gives up with `unknown` when it aborts: `AbortSignal.timeout(60_000)` is a deadline. */
  signal?: AbortSignal;
  /** Gives up with `unknown` rather than hold more; default 1 GiB. */
  memoryBytesMax?: number;
  /** False leaves the smallest contradiction of an invalid history unsought: only the verdict counts. */
  explain?: boolean;
  /**
   * True where nothing ever asked what the object holds, so that no such answer is missing. Then updates alone are
   * linearizable in any order. Default: a history of updates alone is unknown, because it tests nothing.
   */
  updatesOnly?: boolean;
}

/**
 * Is the history linearizable: can its operations have happened one at a time, each somewhere between its call and
 * its return, with exactly these answers?
 *
 * Pure: no files, no clock. Every key is decided alone (linearizability is local), small ones first.
 *
 * @throws Failure when an operation is none of the model's.
 */
export async function check(
  model: Model,
  history: readonly Operation[],
  options: CheckOptions = {},
): Promise<LinearResult> {
  const limits = { signal: options.signal, memoryBytesMax: options.memoryBytesMax ?? 2 ** 30 };
  for (let at = 0; at < history.length; at++) assertKnown(model, history[at]!);
  const objects = byKey(ranked(history)).flatMap((object) => parts(model, object));
  objects.sort((a, b) => a.length - b.length);
  const stats = statsOf(history, objects.length);
  const nothing = nothingSaid(model, history, options.updatesOnly === true);
  if (nothing !== null) return { verdict: 'unknown', method: 'none', reason: nothing, stats };
  const witness: Witness[] = [];
  const methods = new Set<string>();
  const breaths = new Breaths();
  let doubt: string | null = null;
  for (const object of objects) {
    await breaths.after(object.length);
    const key = object[0]!.key;
    const found = limits.signal?.aborted === true ? STOPPED : await decide(model, object, limits);
    stats.steps += found.steps;
    stats.bytesPeak = Math.max(stats.bytesPeak, found.bytesPeak);
    if (found.method !== '') methods.add(found.method);
    if (found.verdict === 'invalid') {
      const culprit =
        options.explain === false ? undefined : await blame(model, object, found, limits.signal);
      return { verdict: 'invalid', method: found.method, ...(culprit && { culprit }), stats };
    }
    if (found.verdict === 'unknown') doubt ??= REASONS[found.because];
    else witness.push({ ...(key === undefined ? {} : { key }), order: indexesOf(found.witness) });
  }
  const method = [...methods].toSorted().join('+') || 'none';
  return doubt === null
    ? { verdict: 'valid', method, witness, stats }
    : { verdict: 'unknown', method, reason: doubt, stats };
}

/** The parts of the history of one object that are decided alone, each behind what the object holds at first. */
function parts(model: Model, object: Operation[]): Operation[][] {
  const { prelude = [] } = model;
  const all = model.split?.(object) ?? [object];
  return prelude.length === 0 ? all : all.map((part) => [...preludeOf(prelude, part), ...part]);
}

/** Operations that are over before the first one of a history is called; its times make room for them. */
function preludeOf(prelude: NonNullable<Model['prelude']>, history: readonly Operation[]): Operation[] {
  const room = 2 * prelude.length;
  for (const operation of history) {
    operation.call += room;
    operation.ret += room;
  }
  const { key } = history[0]!;
  return prelude.map(({ f, input }, at) => ({
    index: -1,
    process: 'initial',
    f,
    key,
    input,
    output: null,
    outcome: 'ok',
    call: 2 * at,
    ret: 2 * at + 1,
  }));
}

function isPrelude({ index, process }: Operation): boolean {
  return index === -1 && process === 'initial';
}

function indexesOf(order: readonly Operation[]): number[] {
  return order.filter((operation) => !isPrelude(operation)).map(({ index }) => index);
}

async function decide(model: Model, object: readonly Operation[], limits: Limits) {
  const history = model.prune?.(object) ?? object;
  const quick = model.shortcut?.(history) ?? null;
  if (quick !== null) return { ...quick, steps: 0, bytesPeak: 0 };
  const method = methodFor(model, history);
  const found = await explore(method.problem(history), limits);
  return { ...found, method: method.name, suspects: null, reason: NO_ORDER };
}

const STOPPED = { verdict: 'unknown', because: 'stopped', method: '', steps: 0, bytesPeak: 0 } as const;
const NO_ORDER = 'no order of the operations before its return explains it';
/** What a search or a fast path found. */
interface Contradiction {
  operation: Operation;
  /** Null: a search found it. */
  suspects: Operation[] | null;
  reason: string;
}

const REASONS = {
  stopped: 'the time was up before every order had been tried',
  memory: 'the search needed more memory than it may use',
  steps: 'the search took more steps than it may',
};

/** What an invalid history is to be blamed on. */
async function blame(
  model: Model,
  object: readonly Operation[],
  contradiction: Contradiction,
  signal: AbortSignal | undefined,
): Promise<Culprit> {
  const found =
    contradiction.suspects === null ? contradiction : earliestContradiction(model, object, contradiction);
  const { operation: stuck, reason } = found;
  const nearby = object.toSorted((a, b) => remoteness(a, stuck) - remoteness(b, stuck));
  const suspects = [...new Set([...(found.suspects ?? []), ...nearby])];
  const smallest = await smallestContradiction(model, object, suspects, signal);
  const members =
    smallest ?? found.suspects ?? object.filter(({ call, ret }) => call < stuck.ret && ret >= stuck.call);
  const operation = smallest?.at(-1) ?? stuck;
  return {
    ...(stuck.key === undefined ? {} : { key: stuck.key }),
    operation: sighting(operation),
    conflicts: members.filter((member) => member !== operation && !isPrelude(member)).map(sighting),
    minimal: smallest !== null,
    reason,
  };
}

/** How far an operation is from the one that is stuck: by return, and farther still if it had not returned yet. */
function remoteness({ ret }: Operation, stuck: Operation): number {
  return ret <= stuck.ret ? stuck.ret - ret : ret;
}

function assertKnown(model: Model, operation: Operation): void {
  const fault = model.operations.includes(operation.f)
    ? model.fault(operation)
    : `the model ${model.name} knows ${model.operations.join(', ')}, not ${operation.f}`;
  if (fault === null) return;
  const where = operation.line === undefined ? '' : ` in line ${operation.line}`;
  throw new Failure(`Operation ${operation.index}${where} (${describe(operation)}): ${fault}.`, {
    hint: logHint([operation.f]) ?? 'Is it the right model? "kept lin --help" lists them.',
  });
}

function byKey(history: Operation[]): Operation[][] {
  if (history.length > 0 && history.every(({ key }) => key === undefined)) return [history];
  const objects = new Map<number | string | undefined, Operation[]>();
  for (const operation of history) {
    const key = operation.key === undefined ? undefined : identity(operation.key);
    const object = objects.get(key);
    if (object === undefined) objects.set(key, [operation]);
    else object.push(operation);
  }
  return [...objects.values()];
}

/** Why a history cannot contradict its model, whatever the object did; null where it can. */
function nothingSaid(model: Model, history: readonly Operation[], updatesOnly: boolean): string | null {
  let completed = 0;
  for (let at = 0; at < history.length; at++) {
    const operation = history[at]!;
    if (operation.outcome !== 'ok') continue;
    if (model.answers?.(operation) ?? true) return null;
    completed++;
  }
  if (completed > 0 && updatesOnly) return null;
  return completed === 0
    ? 'no operation completed, so nothing was tested'
    : 'no operation that completed shows what the object held, so nothing was tested';
}

function statsOf(history: readonly Operation[], keys: number): Stats {
  const unknown = history.filter(({ outcome }) => outcome === 'info').length;
  return { operations: history.length, unknown, keys, steps: 0, bytesPeak: 0 };
}
