import type { Value } from '../operation.ts';

/**
 * When something happened: a number of any unit, whole numbers that a double would round as bigint, or a date and time
 * of day as text that sorts by time. What else stands there tells no time.
 */
export type Moment = number | bigint | string;

/** A moment from a field of a history. */
export function momentOf(value: Value | undefined): Moment | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  if (/^-?\d+$/.test(value)) return BigInt(value);
  const [, date, time, fraction = ''] = DATE.exec(value) ?? [];
  return date === undefined ? undefined : `${date} ${time}.${fraction.padEnd(9, '0')}`;
}

/** Dates of one zone: without one, or in UTC. */
const DATE = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(?:Z|\{GMT\})?$/;

/** Whether two moments are of one sort, so that one can be before the other. */
export function areComparable(a: Moment, b: Moment): boolean {
  return (typeof a === 'string') === (typeof b === 'string');
}
