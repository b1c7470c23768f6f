import { check, type CheckOptions } from '../linear/check.ts';
import { findBeginning } from '../linear/beginning.ts';
import type { Dialect } from '../linear/format/pair.ts';
import type { Order } from '../linear/format/order.ts';
import { operationsOf, readEvents } from '../linear/format/read-history.ts';
import { understand } from '../linear/format/understand.ts';
import { modelNamed, type ModelName } from '../linear/models/catalog.ts';
import { exchangeOf, type Operation, type Value } from '../linear/operation.ts';
import type { LinearResult } from '../linear/result.ts';
import type { Judged } from './lin-text.ts';

/** What the command line says of how histories are meant. */
export interface JudgeOptions extends Partial<Dialect> {
  model?: ModelName;
  initial?: Value;
  order?: Order;
}

/**
 * Judges the text of a history. Without a named model a contradiction stands only if it is none of the guess: not where
 * the object may have begun with something, and not where its operations have the names of another object as well.
 *
 * @throws Failure for what is no history, or none of the model.
 */
export async function judgeText(text: string, options: JudgeOptions, how: CheckOptions): Promise<Judged> {
  const recorded = readEvents(text, options);
  const { model, isGuess, isKeyed, updatesOnly } = understand(recorded.events, options.model);
  const history = operationsOf(recorded, { ...options, model, isKeyed: isKeyed || model === 'kv' });
  const judged = { model, isGuess, notes: notesOf({ isKeyed, updatesOnly }) };
  const checking = { ...how, updatesOnly };
  const result = await check(modelNamed(model, options), history, checking);
  if (result.verdict !== 'invalid') return { ...judged, result };
  if (isGuess) {
    const reason = await reasonAgainstGuess(model, history, checking);
    if (reason !== null) return { ...judged, result: unknown(result, reason) };
  }
  if (options.initial !== undefined) return { ...judged, result };
  const beginning = await findBeginning(model, history, checking);
  if (beginning === 'none') return { ...judged, result };
  const suggestion =
    beginning === 'unknown'
      ? 'Whether another initial value explains it would have taken too long to find out.'
      : `It would hold if the ${OBJECTS[model] ?? model} began with ${short(beginning.initial)}: --initial ${quoted(beginning.initial)}`;
  // What an object held at first is part of the guess, unless it is told.
  return isGuess
    ? { ...judged, result: unknown(result, suggestion) }
    : { ...judged, result, ...(beginning === 'unknown' ? {} : { suggestion }) };
}

/** Why a contradiction may be one with the guess alone. */
async function reasonAgainstGuess(
  model: ModelName,
  history: readonly Operation[],
  how: CheckOptions,
): Promise<string | null> {
  if (REGISTERS.has(model) && history.some(holdsContainer))
    return `It contradicts a ${model}, but its values are lists or maps, which may be written or read in parts; --model ${model} says that they are not.`;
  if (model !== 'fifo-queue' && model !== 'stack') return null;
  const asQueue = history
    .filter(({ f }) => f !== 'peek')
    .map((operation) => ({ ...operation, f: QUEUED.get(operation.f) ?? operation.f }));
  const { verdict } = await check(modelNamed('unordered-queue'), asQueue, { ...how, explain: false });
  if (verdict === 'invalid') return null;
  const alternative = model === 'stack' ? 'of another order' : 'without an order, --model unordered-queue';
  return `It contradicts a ${model}, but ${verdict === 'valid' ? 'would hold' : 'may hold'} for a queue ${alternative}; --model ${model} says that it is one.`;
}

const REGISTERS = new Set<ModelName>(['register', 'cas-register', 'kv']);

/** Whether an operation of a register is about a list or a map, and not about a single value. */
function holdsContainer({ f, input, output }: Operation): boolean {
  const values = f === 'cas' ? exchangeOf({ input }) : [input, output];
  return values.some((value) => typeof value === 'object' && value !== null);
}

const QUEUED = new Map([
  ['push', 'enqueue'],
  ['pop', 'dequeue'],
]);

function unknown({ method, stats }: LinearResult, reason: string): LinearResult {
  return { verdict: 'unknown', method, reason, stats };
}

function notesOf({ isKeyed, updatesOnly }: { isKeyed: boolean; updatesOnly: boolean }): string[] {
  return [
    ...(isKeyed ? ['split by key: every value is a pair of a key and a value'] : []),
    ...(updatesOnly ? ['nothing asks what the object holds, so updates alone were judged'] : []),
  ];
}

const OBJECTS: Partial<Record<ModelName, string>> = {
  'cas-register': 'register',
  kv: 'store',
  'multi-register': 'registers',
  'fifo-queue': 'queue',
  'unordered-queue': 'queue',
  'priority-queue': 'queue',
  'max-priority-queue': 'queue',
  'append-list': 'list',
};

function short(value: Value): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** As a shell takes it. */
function quoted(value: Value): string {
  const text = JSON.stringify(value);
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
