import test from 'ava';
import type { Event, FaultStartEvent } from '../../src/history/event.ts';
import { finalScan, GOOD, isolated, ISOLATE_LEADER, judge, S } from './story.ts';

/** How many of the planned faults must have taken effect, and what is only told. */
const started = (id: string, more: Partial<FaultStartEvent> = {}): Event[] =>
  isolated(id, 0, 9).map((event) => (event.type === 'fault-start' ? { ...event, ...more } : event));
const failed = (id: string, reason = 'no such process'): Event => ({
  type: 'fault-failed',
  id,
  timeNs: 5 * S,
  fault: ISOLATE_LEADER,
  reason,
});
const skipped = (id: string): Event =>
  ({ ...failed(id, 'too few are left'), type: 'fault-skipped' }) as Event;

function verdictOf(faultsPlanned: number, ...events: Event[]) {
  const info = { scenario: { name: 'a', title: 'a', faultsPlanned } };
  return judge({ ...GOOD, info, events: [...events, finalScan(3)] });
}
const many = (count: number, of: (id: string) => Event[]) =>
  Array.from({ length: count }, (_, index) => of(`${index}`)).flat();

test('one fault among hundreds that was not seen to take effect is a remark', (t) => {
  const { verdict, reasons } = verdictOf(
    200,
    ...many(199, (id) => started(id)),
    ...started('last', { verified: false }),
  );
  t.is(verdict, 'valid');
  t.deepEqual(reasons.slice(1), [
    'The fault last was not verified: it was not seen to take effect, so it may have tested nothing.',
    '199 of 200 planned faults are known to have taken effect.',
  ]);
});

test('three quarters are enough, less is not, and the verdict says how many', (t) => {
  const enough = verdictOf(4, ...many(3, (id) => started(id)), failed('last'));
  t.is(enough.verdict, 'valid');
  t.true(enough.reasons.includes('3 of 4 planned faults are known to have taken effect.'));
  const tooFew = verdictOf(3, ...many(2, (id) => started(id)), failed('last'));
  t.is(tooFew.verdict, 'inconclusive');
  t.deepEqual(tooFew.reasons, [
    'The fault last could not be applied or healed: no such process.',
    '2 of 3 planned faults are known to have taken effect; at least 3 must have.',
  ]);
});

test('a single planned fault that was not seen to take effect, or that failed, decides', (t) => {
  t.is(verdictOf(1, ...started('a', { verified: false })).verdict, 'inconclusive');
  t.is(verdictOf(1, failed('a')).verdict, 'inconclusive');
  t.is(verdictOf(1, ...started('a')).verdict, 'valid');
});

test('faults that failed and faults that were not seen count together', (t) => {
  const { verdict } = verdictOf(
    8,
    ...many(5, (id) => started(id)),
    ...started('x', { verified: false }),
    failed('y'),
    failed('z'),
  );
  t.is(verdict, 'inconclusive');
});

test('faults that never came to be are missing too', (t) => {
  const { verdict, reasons } = verdictOf(4, ...many(2, (id) => started(id)));
  t.is(verdict, 'inconclusive');
  t.deepEqual(reasons, [
    '4 faults were planned and only 2 applied.',
    '2 of 4 planned faults are known to have taken effect; at least 3 must have.',
  ]);
  t.is(verdictOf(4, ...many(3, (id) => started(id))).verdict, 'valid');
});

test('what was left out to keep brokers up does not count, but is told', (t) => {
  const { verdict, reasons } = verdictOf(3, ...started('a'), skipped('b'), skipped('c'));
  t.is(verdict, 'valid');
  t.deepEqual(reasons.slice(1), ['2 planned faults left out; the first: too few are left.']);
});

test('of many faults the first three are told one by one', (t) => {
  const { reasons } = verdictOf(9, ...many(9, (id) => [failed(id)]));
  t.is(reasons.filter((reason) => reason.includes('could not be applied')).length, 3);
  t.true(reasons.includes('The same goes for 6 more.'));
});

test('a heal that failed, or that was not seen, is told: the cluster that settled proves it', (t) => {
  const [start, stop] = started('a') as [Event, Event];
  const unhealed = verdictOf(1, start, failed('a', 'it could not be healed: no answer'));
  t.is(unhealed.verdict, 'valid');
  t.deepEqual(unhealed.reasons.slice(1), ['The fault a was not healed: it could not be healed: no answer.']);
  const late = verdictOf(1, start, failed('a', 'it could not be healed: no answer'), stop);
  t.deepEqual(late.reasons.slice(1), ['The fault a was healed late: it could not be healed: no answer.']);
  const unseen = verdictOf(1, start, { ...stop, verified: false } as Event);
  t.is(unseen.verdict, 'valid');
  t.deepEqual(unseen.reasons.slice(1), [
    'The end of 1 fault was not seen; that the cluster settled proves it.',
  ]);
});

test('nodes that were missed, and strikes that began late, are told', (t) => {
  const { verdict, reasons } = verdictOf(
    2,
    ...started('a', { targets: ['kafka1'], missed: ['kafka2', 'kafka3'] }),
    ...started('b', { requestedNs: 1 * S, beganNs: 3.5 * S, timeNs: 4 * S }),
    ...started('c', { requestedNs: 1 * S, beganNs: 2 * S, timeNs: 2 * S }),
  );
  t.is(verdict, 'valid');
  t.deepEqual(reasons.slice(1), [
    'The fault a struck kafka1, but not kafka2, kafka3.',
    '1 fault began later than planned, by up to 2.5 s.',
  ]);
});

test('without a fault nothing can be said of writes under faults', (t) => {
  t.is(verdictOf(0).verdict, 'valid');
});

test('faults under which nothing was written tested nothing', (t) => {
  const { verdict, reasons } = verdictOf(1, ...isolated('a', 50, 60));
  t.is(verdict, 'inconclusive');
  t.regex(reasons[0]!, /^No write was attempted while a fault was in force/);
});

test('of several late strikes the latest is told', (t) => {
  const late = (id: string, s: number) => started(id, { requestedNs: 0, beganNs: s * S, timeNs: s * S });
  const { reasons } = verdictOf(2, ...late('a', 2), ...late('b', 5));
  t.true(reasons.includes('2 faults began later than planned, by up to 5.0 s.'));
});

test('left-out faults count neither for nor against: of the others enough must take effect', (t) => {
  t.is(verdictOf(6, skipped('x'), skipped('y'), ...many(2, (id) => started(id))).verdict, 'inconclusive');
  t.is(verdictOf(6, skipped('x'), skipped('y'), ...many(3, (id) => started(id))).verdict, 'valid');
});

test('exactly three are told one by one, without a rest', (t) => {
  const { reasons } = verdictOf(3, ...many(3, (id) => [failed(id)]));
  t.false(reasons.some((reason) => reason.startsWith('The same goes')));
});

test('a scenario that does not say how many faults it wanted wants those of its script, or at least one', (t) => {
  const of = (nemesis: unknown, ...events: Event[]) =>
    judge({
      ...GOOD,
      info: { scenario: { name: 'a', title: 'a', nemesis } },
      events: [...events, finalScan(3)],
    }).verdict;
  t.is(of({ random: {} }), 'inconclusive');
  t.is(of({ random: {} }, ...many(2, (id) => started(id))), 'valid');
  t.is(of({ script: [{}, {}] }, ...started('a')), 'inconclusive');
  for (const nothing of [undefined, null, 7, {}, { script: 'none' }]) t.is(of(nothing), 'valid');
});

test('where no write was attempted at all, that is what is told, not that none fell into a fault', (t) => {
  const tested = (writes: typeof GOOD.writes) =>
    judge({ writes, events: [...started('a'), finalScan(0)] }).reasons.some((reason) =>
      reason.includes('while a fault was in force'),
    );
  t.false(tested([]));
  t.true(tested([{ ...GOOD.writes[0]!, invokeNs: 20 * S, completeNs: 21 * S, outcome: 'fail' }]));
});
