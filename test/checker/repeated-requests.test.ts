import test from 'ava';
import type { Event } from '../../src/history/event.ts';
import { faultSchema } from '../../src/history/fault.ts';
import { acked, failed, finalScan, found, isolated, judge, leads, only, type Story } from './story.ts';

/** A proxy of kept's own repeats requests: then a second copy of a record is nobody's fault, unless it was numbered. */
const struckBy = (input: object): Event[] =>
  isolated('fault-1', 4, 6).map((event) =>
    event.type === 'fault-start'
      ? { ...event, fault: faultSchema.parse({ kind: 'requests', ...input }) }
      : event,
  );
const DUPLICATE = { do: 'duplicate', api: 'Produce' };

const twice = (fault: object, contract: Story['contract'] = {}): Story => ({
  contract,
  writes: [acked('0:0', 0, { at: 5 })],
  reads: [found(0, '0:0'), found(1, '0:0')],
  events: [leads(1, 4, 0), ...struckBy(fault), finalScan(2)],
});

test('a request that was repeated on its way may be stored twice without idempotence', (t) => {
  const { judgement, reason } = only(judge(twice(DUPLICATE)), 'duplicate');
  t.is(judgement, 'permitted');
  t.regex(reason, /^a fault sent requests like these to the broker twice, and without idempotence/);
  t.is(judge({ ...twice(DUPLICATE), claim: 'kept' }).verdict, 'invalid', 'it is there twice all the same');
  t.is(judge({ ...twice(DUPLICATE), claim: 'contract' }).verdict, 'valid');
});

test('it excuses no copy where the producer numbers its records, nor where only answers or other requests came twice', (t) => {
  const isViolation = (fault: object, contract?: Story['contract']) =>
    t.is(only(judge(twice(fault, contract)), 'duplicate').judgement, 'violation', JSON.stringify(fault));
  isViolation(DUPLICATE, { idempotence: true });
  isViolation({ ...DUPLICATE, message: 'answer' });
  isViolation({ ...DUPLICATE, api: 'Fetch' });
  isViolation({ do: 'drop', api: 'Produce' });
});

test('of two requests one may be refused and the other one appended', (t) => {
  const refused = (fault: object): Story => ({
    writes: [failed('0:0', { at: 5 })],
    reads: [found(0, '0:0')],
    events: [leads(1, 4, 0), ...struckBy(fault), finalScan(1)],
  });
  t.is(only(judge(refused(DUPLICATE)), 'aborted-read').judgement, 'permitted');
  t.is(only(judge(refused({ do: 'drop', api: 'Produce' })), 'aborted-read').judgement, 'violation');
});
