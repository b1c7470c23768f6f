import test from 'ava';
import { fc } from '@fast-check/ava';
import type { Event } from '../../../src/history/event.ts';
import type { Fault } from '../../../src/history/fault.ts';
import { availabilityOf } from '../../../src/report/figures/availability.ts';
import { FaultTallies, type FaultTally, tallyOf } from '../../../src/report/soak/fault-tally.ts';
import {
  addFigure,
  addSpread,
  noSpread,
  roughFacts,
  type RoughSpread,
} from '../../../src/report/soak/rough-spread.ts';
import { rolesStruck } from '../../../src/report/soak/struck-roles.ts';
import { acked, leads, NODES, runOfStory, S, type Story } from '../../checker/story.ts';
import { holds } from '../../holds.ts';

const KRAFT = [
  ...NODES,
  { name: 'controller4', id: 4, roles: ['controller' as const], address: '192.0.2.4' },
];

function strike(fault: Fault, at: number, targets: string[], more: { verified?: false } = {}): Event {
  const [requestedNs, timeNs] = [at * S, (at + 0.1) * S];
  return {
    type: 'fault-start',
    id: `f${at}`,
    fault,
    requestedNs,
    timeNs,
    targets,
    links: [],
    evidence: 'x',
    ...more,
  };
}
const stop = (id: number, at: number): Event => ({
  type: 'fault-stop',
  id: `f${id}`,
  requestedNs: at * S,
  timeNs: at * S,
  evidence: 'x',
});
const controlled = (controller: number, at: number): Event => ({
  type: 'controller',
  timeNs: at * S,
  observer: 'kafka1',
  controller,
});
const kill = (target: string): Fault => ({ kind: 'kill', target });
const rolesIn = (story: Story) =>
  Object.fromEntries(rolesStruck(runOfStory({ info: { nodes: KRAFT }, ...story })));

test('what a fault struck is what the node was at that moment, by the newest epoch that was known', (t) => {
  const events = [
    leads(1, 4, 1),
    leads(2, 7, 1, { partition: 1 }),
    controlled(4, 1),
    strike(kill('broker'), 2, ['kafka1']),
    strike(kill('broker'), 3, ['kafka3']),
    leads(3, 5, 4),
    // It does not know that it was replaced.
    leads(1, 4, 5),
    controlled(3, 5),
    strike(kill('minority'), 6, ['kafka1', 'kafka3']),
    strike(kill('kafka1'), 6.5, ['kafka1']),
    strike(kill('coordination'), 7, ['controller4']),
  ];
  t.deepEqual(rolesIn({ events }), {
    f2: ['leader'],
    f3: ['follower'],
    f6: ['leader', 'controller', 'follower'],
    'f6.5': ['follower'],
    f7: ['coordination'],
  });
});

test('a role that was aimed at counts, and without any view nothing else is known', (t) => {
  const events = [
    strike(kill('follower'), 1, ['kafka2']),
    strike(kill('kafka2'), 2, ['kafka2']),
    strike({ kind: 'bisect' }, 3, []),
  ];
  t.deepEqual(rolesIn({ events }), { f1: ['follower'], f2: ['unknown'], f3: ['unknown'] });
  const cut = { ...strike({ kind: 'bisect' }, 3, []), links: [{ from: 'kafka1', to: 'kafka2' }] } as Event;
  const isolated = {
    ...strike(kill('leader'), 4, ['kafka1']),
    links: [{ from: 'client', to: 'kafka1' }],
  } as Event;
  t.deepEqual(rolesIn({ events: [cut, isolated] }), { f3: ['links'], f4: ['leader', 'client'] });
  // A host of its own that workers live on is of the clients, too.
  const ofOneHost = { ...isolated, links: [{ from: 'client1', to: 'kafka1' }] };
  t.deepEqual(rolesIn({ events: [ofOneHost] }), { f4: ['leader', 'client'] });
});

test('costs: before a strike, while the fault lasted, and until the first acknowledgement after the strike', (t) => {
  const write = (seq: number, at: number, lasts: number) => acked(`0:${seq}`, seq, { at, until: at + lasts });
  const writes = [
    ...Array.from({ length: 50 }, (_, seq) => write(seq, seq / 10, 0.01)),
    write(50, 5.2, 2.8),
    ...Array.from({ length: 50 }, (_, seq) => write(51 + seq, 8 + seq / 10, 0.01)),
  ];
  const events = [
    leads(1, 4, 0),
    strike(kill('leader'), 5, ['kafka1']),
    stop(5, 9.1),
    strike(kill('follower'), 10, ['kafka2'], { verified: false }),
    stop(10, 11),
  ];
  const run = runOfStory({ writes, events });
  const [tally, ...others] = tallyOf(run, availabilityOf(run), () => 2.5 * S);
  t.is(others.length, 0);
  t.deepEqual([tally!.kind, tally!.struck, tally!.failed], ['kill', 1, 1]);
  t.deepEqual(tally!.roles, [{ role: 'leader', struck: 1, cost: tally!.cost }], 'in vain costs nothing');
  const { cost } = tally!;
  t.is(cost.lengthNs, 4 * S);
  t.is(cost.unavailableNs, 2.5 * S);
  t.true(Math.abs(roughFacts(cost.firstAckMs)!.max - 2_900) < 1, String(roughFacts(cost.firstAckMs)!.max));
  t.true(
    Math.abs(roughFacts(cost.p99BeforeMs)!.max - 10) < 0.2 &&
      Math.abs(roughFacts(cost.p99DuringMs)!.max - 2_800) < 30,
  );
});

test('what a fault cost while which nothing of kept ran is not known; that it struck is', (t) => {
  const slept = (fromS: number, toS: number): Event => ({
    type: 'note',
    timeNs: toS * S,
    about: 'warning',
    text: 'Nothing of kept ran.',
    stoodStillSinceNs: fromS * S,
  });
  const writes = [
    acked('0:0', 0, { at: 4.9, until: 5 }),
    acked('0:1', 1, { at: 8, until: 8.1 }),
    acked('0:2', 2, { at: 13, until: 13.1 }),
  ];
  const events = [leads(1, 4, 0), strike(kill('leader'), 5, ['kafka1']), stop(5, 7)];
  const costOf = (...more: Event[]) => {
    const run = runOfStory({ writes, events: [...events, ...more] });
    const [only] = tallyOf(run, availabilityOf(run), () => S);
    t.is(only!.struck, 1);
    return only!.cost.faults;
  };
  t.is(costOf(), 1);
  t.is(costOf(slept(9, 12)), 1, 'it was over by then');
  t.is(costOf(slept(6, 9)), 0);
  t.is(costOf(slept(7.2, 7.8)), 0, 'it was over, and nothing was acknowledged since');
});

test('another fault right before leaves no calm to compare with', (t) => {
  const events = [
    strike(kill('leader'), 1, ['kafka1']),
    strike(kill('follower'), 2, ['kafka2']),
    stop(2, 3),
    stop(1, 5),
  ];
  const writes = Array.from({ length: 60 }, (_, seq) => acked(`0:${seq}`, seq, { at: seq / 10 }));
  const { faults } = availabilityOf(runOfStory({ events, writes }));
  t.deepEqual(
    faults.map(({ before }) => before === null),
    [false, true],
  );
});

test('a rough spread has the count, the ends, and a median within five per cent, however it is put together', (t) => {
  const figures = fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 });
  holds(
    t,
    fc.property(fc.array(figures, { minLength: 1, maxLength: 5 }), (parts) => {
      const sum = noSpread();
      for (const part of parts) {
        const one = noSpread();
        for (const figure of part) addFigure(one, figure);
        addSpread(sum, JSON.parse(JSON.stringify(one)) as RoughSpread);
      }
      const thousandth = (figure: number) => Math.round(figure * 1_000) / 1_000;
      const sorted = parts
        .flat()
        .map(thousandth)
        .toSorted((a, b) => a - b);
      const { count, min, max, median } = roughFacts(sum)!;
      t.deepEqual([count, min, max], [sorted.length, sorted[0], sorted.at(-1)]);
      const middle = sorted[Math.ceil(sorted.length / 2) - 1]!;
      t.true(Math.abs(median / middle - 1) < 0.05, `${median} for ${middle}`);
      const all = noSpread();
      for (const figure of parts.flat()) addFigure(all, figure);
      t.deepEqual(all, sum, 'all at once');
    }),
  );
  t.is(roughFacts(noSpread()), null);
});

test('tallies add up to the same, however periods are put together', (t) => {
  const events = [
    leads(1, 4, 0),
    strike(kill('leader'), 1, ['kafka1']),
    strike(kill('broker'), 3, ['kafka2']),
  ];
  const run = runOfStory({ events });
  const one = tallyOf(run, availabilityOf(run), () => 1);
  t.deepEqual(addedUp([...addedUp([...one, ...one]), ...one]), addedUp([...one, ...one, ...one]));
});

function addedUp(tallies: readonly FaultTally[]): FaultTally[] {
  const sums = new FaultTallies();
  for (const tally of tallies) sums.add(tally);
  return sums.sorted();
}
