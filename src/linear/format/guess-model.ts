import type { ModelName } from '../models/catalog.ts';
import { NEMESIS, type Event } from './event.ts';

/** The names of the operations of a history, in the order in which they first came. */
export function namesIn(events: readonly Event[]): string[] {
  return [...new Set(callsIn(events).map(({ f }) => f))];
}

/**
 * The model that a history is of, by the names of its operations; null where they are those of none, or where their
 * values may be those of another. A wrong guess would accuse the innocent, so doubt is no guess (see `objectionTo`).
 */
export function guessModel(events: readonly Event[]): ModelName | null {
  const model = modelByNames(events);
  const calls = callsIn(events);
  // What is only added may be counted as well.
  if (model === 'set' && calls.every(({ f }) => f === 'add')) return null;
  if (model === null || model === 'kv' || model === 'multi-register') return model;
  const isRegister = model === 'register' || model === 'cas-register';
  if (isRegister && calls.some(({ key }) => key !== undefined)) return 'kv';
  // Jepsen's independent tests write every value as [key value], even the nil with which a read is called.
  const reads = calls.filter(({ f }) => READS.includes(f) || f === 'dequeue' || f === 'pop');
  const allArePairs = calls.every(holdsPair);
  if (!reads.some(holdsPair) && (reads.length > 0 || !allArePairs)) return model;
  return isRegister && reads.length > 0 && allArePairs ? 'kv' : null;
}

/** The model that the names alone speak for. */
export function modelByNames(events: readonly Event[]): ModelName | null {
  const names = namesIn(events);
  const sign = SIGNS.find(
    ({ tells, fits }) =>
      names.some((name) => tells.includes(name)) &&
      names.every((name) => tells.includes(name) || fits.includes(name)),
  );
  return sign?.model ?? null;
}

/** Names of which one at least tells the model, and names that go with it. */
interface Sign {
  model: ModelName;
  tells: readonly string[];
  fits: readonly string[];
}

const READS = ['read', 'r'];
const WRITES = ['write', 'w'];
const SWAPS = ['cas', 'compare-and-set'];
const APPENDS = ['append', 'push'];
const SIGNS: readonly Sign[] = [
  { model: 'kv', tells: ['get', 'put'], fits: ['append', ...SWAPS] },
  { model: 'cas-register', tells: SWAPS, fits: [...READS, ...WRITES] },
  { model: 'register', tells: WRITES, fits: READS },
  { model: 'set', tells: ['add', 'remove'], fits: READS },
  { model: 'unordered-queue', tells: ['drain'], fits: ['enqueue', 'dequeue'] },
  { model: 'stack', tells: ['pop'], fits: ['push', 'peek', 'top'] },
  { model: 'multi-register', tells: ['txn'], fits: [] },
  { model: 'fifo-queue', tells: ['enqueue', 'dequeue'], fits: [] },
  { model: 'mutex', tells: ['acquire', 'release', 'lock', 'unlock'], fits: [] },
  { model: 'append-list', tells: APPENDS, fits: READS },
];

/** What the operations of clients are called, in any of the models. */
export const OPERATION_NAMES: ReadonlySet<string> = new Set([
  ...SIGNS.flatMap(({ tells, fits }) => [...tells, ...fits]),
  // Of priority queues, which are never guessed: their names do not tell which priority comes first.
  'insert',
  'offer',
  'poll',
]);

function callsIn(events: readonly Event[]): Event[] {
  return events.filter(({ type, process }) => type === 'invoke' && process !== NEMESIS);
}

function holdsPair({ f, value }: Event): boolean {
  return Array.isArray(value) && (value.length === 2 || (value.length === 3 && SWAPS.includes(f)));
}
