import type { Value } from '../operation.ts';
import { NEMESIS, type Event } from './event.ts';

/** A call of a client and, where it succeeded, its answer. Whether lines are missing is no question here. */
export interface Exchange {
  call: Event;
  answer: Event | undefined;
}

export function exchangesIn(events: readonly Event[]): Exchange[] {
  const exchanges: Exchange[] = [];
  const open = new Map<string | number, Exchange>();
  for (const event of events) {
    const { process, type, span = process } = event;
    if (process === NEMESIS) continue;
    if (type === 'invoke') {
      const exchange = { call: event, answer: undefined };
      exchanges.push(exchange);
      open.set(span, exchange);
    } else {
      const exchange = open.get(span);
      open.delete(span);
      if (exchange !== undefined && type === 'ok') exchange.answer = event;
    }
  }
  return exchanges;
}

/**
 * Whether every value is a pair of a key and a value, as Jepsen's independent tests write them: even reads, which ask
 * for nothing else, are called with `[key nil]`, and a compare-and-set with `[key [from to]]` or `[key from to]`.
 */
export function areKeyed(exchanges: readonly Exchange[]): boolean {
  let names = false;
  for (const { call, answer } of exchanges) {
    if (!isKeyed(call)) return false;
    if (answer !== undefined && answer.value !== null && !isKeyed(answer)) return false;
    names ||= ASKING.has(call.f) && (call.value as readonly Value[])[1] === null;
  }
  return names;
}

function isKeyed({ f, key, value }: Event): boolean {
  if (key !== undefined || !Array.isArray(value)) return false;
  return value.length === 2 || (value.length === 3 && SWAPS.has(f));
}

/** What asks for nothing but the object, so that null stands behind its key. */
const ASKING = new Set([
  'read',
  'r',
  'get',
  'dequeue',
  'pop',
  'poll',
  'peek',
  'top',
  'drain',
  'acquire',
  'release',
  'lock',
  'unlock',
]);
export const SWAPS: ReadonlySet<string> = new Set(['cas', 'compare-and-set']);
