import { fc } from '@fast-check/ava';
import type { EndEvent, Event } from '../../src/history/event.ts';
import { INTEGRITIES, OUTCOMES, type Read, type Write } from '../../src/history/write.ts';

/** Any rows that a history can hold. */
const timeNs = fc.maxSafeNat();
const partition = fc.nat(0x7fffffff);

export const writeRows: fc.Arbitrary<Write> = fc.record({
  worker: fc.nat(0xfffffffe),
  seq: fc.maxSafeNat(),
  partition,
  intendedNs: timeNs,
  invokeNs: timeNs,
  completeNs: fc.option(timeNs),
  outcome: fc.constantFrom(...OUTCOMES),
  error: fc.option(
    fc.oneof(fc.constantFrom('REQUEST_TIMED_OUT', 'ECONNREFUSED'), fc.string({ minLength: 1 })),
  ),
  offset: fc.option(fc.maxSafeNat()),
  attempts: fc.nat(0xffff),
  broker: fc.option(fc.nat(0x7fffffff)),
});

export const readRows: fc.Arbitrary<Read> = fc.record({
  scan: fc.nat(0xffffffff),
  partition,
  offset: fc.maxSafeNat(),
  worker: fc.option(fc.nat(0xfffffffe)),
  seq: fc.option(fc.maxSafeNat()),
  timeNs,
  integrity: fc.constantFrom(...INTEGRITIES),
});

export const endEvents: fc.Arbitrary<EndEvent> = fc.record({
  type: fc.constant('end' as const),
  partition,
  offset: fc.maxSafeNat(),
  invokeNs: timeNs,
  completeNs: timeNs,
  broker: fc.integer({ min: -1, max: 0x7fffffff }),
});

export const noteEvents: fc.Arbitrary<Event> = fc.record({
  type: fc.constant('note' as const),
  timeNs,
  text: fc.string({ unit: 'binary' }),
  about: fc.constantFrom('warning' as const, 'information' as const),
});
