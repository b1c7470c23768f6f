import test from 'ava';
import { fc } from '@fast-check/ava';
import { Findings, type Cause } from '../../src/checker/findings/grouping.ts';
import { WAITING_MAX } from '../../src/checker/findings/waiting.ts';
import { holds } from '../holds.ts';

/** Losses make one group where they stand side by side, in whatever order they are found. */
const CAUSE: Cause = { ruling: { judgement: 'violation', reason: 'any', blame: 'broker' } };

/** Adds a lost write at each of these offsets, in this order. @returns the groups: first and last offset, count. */
function groupsOf(offsets: readonly number[], loss: 'hole' | 'truncated' = 'hole') {
  const findings = new Findings();
  for (const offset of offsets) {
    findings.addWrite('lost', loss, 0, CAUSE, offset, 1_000 + offset, 0, offset, 1, (worker, seq) => ({
      value: `w${worker}:${seq}`,
    }));
  }
  return [...findings].map(({ group }) => ({
    from: group.firstOffset,
    to: group.lastOffset,
    count: group.count,
    values: group.values.toString(),
    times: [group.firstNs, group.lastNs],
    examples: group.examples.length,
  }));
}

/** The same by sorting, where no group is near another one. */
function runsOf(offsets: readonly number[]) {
  const runs: { from: number; to: number }[] = [];
  for (const offset of offsets.toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && offset - last.to <= 1) last.to = offset;
    else runs.push({ from: offset, to: offset });
  }
  return runs.map(({ from, to }) => ({
    from,
    to,
    count: to - from + 1,
    values: from === to ? `w0 ${from}` : `w0 ${from}..${to}`,
    times: [1_000 + from, 1_000 + to],
    examples: Math.min(10, to - from + 1),
  }));
}

const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);

test('what is found a little out of order makes one group', (t) => {
  const swapped = upTo(200).map((offset) => (offset % 2 === 0 ? offset + 1 : offset - 1));
  t.deepEqual(groupsOf(swapped), runsOf(swapped));
});

test('what a group never grows up to makes a group of its own, with its example', (t) => {
  const offsets = [...upTo(20), 25, 26, 40];
  t.deepEqual(groupsOf(offsets), runsOf(offsets));
  t.is(groupsOf(offsets).length, 3);
});

test('neither the distance nor two at one place matters', (t) => {
  for (const ahead of [2, WAITING_MAX - 1, WAITING_MAX, WAITING_MAX + 1, 5 * WAITING_MAX]) {
    const offsets = [...upTo(20), 19 + ahead];
    t.deepEqual(groupsOf(offsets), runsOf(offsets), `${ahead} ahead`);
  }
  const twice = groupsOf([...upTo(20), 25, 25, 25 + WAITING_MAX, 30]);
  t.deepEqual(
    twice.map(({ from, to, count }) => [from, to, count]),
    [
      [0, 19, 20],
      [25, 25, 2],
      [30, 30, 1],
      [25 + WAITING_MAX, 25 + WAITING_MAX, 1],
    ],
  );
});

test('a ring that one partition has used is of use to the next one, whatever its offsets', (t) => {
  const findings = new Findings();
  const addAt = (partition: number, offset: number) =>
    findings.addWrite('lost', 'hole', partition, CAUSE, offset, 0, 0, offset, 1, () => ({ value: '' }));
  for (const offset of [...upTo(20, 5_000), 5_021, 5_020]) addAt(0, offset);
  for (const offset of [...upTo(20), 25, 22]) addAt(1, offset);
  const found = [...findings].map(({ partition, group }) => [partition, group.firstOffset, group.lastOffset]);
  t.deepEqual(found, [
    [0, 5_000, 5_021],
    [1, 0, 19],
    [1, 22, 22],
    [1, 25, 25],
  ]);
});

test('groups do not depend on the order in which their members are found', (t) => {
  const disorder = fc.array(fc.record({ length: fc.nat(30), gap: fc.integer({ min: 2, max: 3_000 }) }), {
    minLength: 1,
    maxLength: 12,
  });
  holds(
    t,
    fc.property(disorder, fc.nat(80), fc.infiniteStream(fc.nat(1_000)), (stretches, spread, draws) => {
      const offsets: number[] = [];
      let next = 0;
      for (const { length, gap } of stretches) {
        offsets.push(...upTo(length + 1, next));
        next += length + gap;
      }
      const found = offsets
        .map((offset) => ({ offset, at: offset + (draws.next().value % (spread + 1)) }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ offset }) => offset);
      t.deepEqual(groupsOf(found), runsOf(offsets));
    }),
    { numRuns: 300 },
  );
});
