import test from 'ava';
import { PowerLosses } from '../../src/checker/facts/power.ts';
import { areAllTold } from '../../src/checker/facts/sampled-terms.ts';
import type { Event, ViewEvent } from '../../src/history/event.ts';

const view = (leader: number, epoch: number | null): ViewEvent => ({
  type: 'view',
  timeNs: 0,
  observer: 'kafka1',
  partition: 0,
  leader,
  epoch,
  isr: [1, 2, 3],
});
const NO_LOSSES = new PowerLosses([]);

test('where no epoch is missing, no term is', (t) => {
  t.true(areAllTold([view(1, 4), view(2, 5), view(-1, 6), view(2, 7), view(1, 4)], NO_LOSSES));
});

test('an epoch that nobody told of may have had a leader of its own', (t) => {
  t.false(areAllTold([view(1, 4), view(1, 6)], NO_LOSSES));
});

test('without epochs, or without any view, nothing is known of who led in between', (t) => {
  t.false(areAllTold([view(1, 0), view(2, null)], NO_LOSSES));
  t.false(areAllTold([], NO_LOSSES));
  t.true(areAllTold([view(1, 0), view(-1, null)], NO_LOSSES), 'nobody leads in no epoch');
});

test('a broker that lost power may have led on in its epoch, which no epoch tells', (t) => {
  const loss: Event = {
    type: 'fault-start',
    id: 'f1',
    requestedNs: 0,
    timeNs: 0,
    fault: { kind: 'power-loss', target: 'kafka1' },
    targets: ['kafka1'],
    links: [],
    evidence: '',
  };
  t.false(areAllTold([view(1, 0)], new PowerLosses([loss])));
});
