import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import { bisect, minimize } from '../../src/search/ddmin.ts';

/** Whether leaving out any one item of the part makes it pass: what "smallest" means here, tried by brute force. */
function isOneMinimal(part: readonly number[], fails: (part: readonly number[]) => boolean): boolean {
  return fails(part) && part.every((_, index) => !fails(part.toSpliced(index, 1)));
}

testProp(
  'what is left fails, and fails no more without any one of its items, however the items depend on each other',
  [
    fc.integer({ min: 1, max: 10 }),
    fc.array(fc.uniqueArray(fc.nat(9), { minLength: 0, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
  ],
  async (t, length, causes) => {
    const items = [...Array(length).keys()];
    // Fails when all items of any one cause are there: monotone, but with several different smallest answers.
    const fails = (part: readonly number[]) =>
      part.length === length || causes.some((cause) => cause.every((item) => part.includes(item)));
    t.true(isOneMinimal(await minimize(items, fails), fails));
  },
);

testProp(
  'the same holds where fewer items may fail and more of them pass',
  [fc.integer({ min: 1, max: 8 }), fc.integer()],
  async (t, length, seed) => {
    const items = [...Array(length).keys()];
    const fails = (part: readonly number[]) =>
      part.length === length ||
      (Math.imul(part.reduce((sum, item) => sum | (1 << item), 0) ^ seed, 0x9e3779b1) >>> 0) % 3 === 0;
    const asked: string[] = [];
    const rest = await minimize(items, (part) => {
      asked.push(part.join());
      return fails(part);
    });
    t.true(isOneMinimal(rest, fails));
    t.is(new Set(asked).size, asked.length, 'nothing is tried twice: an attempt may cost a cluster');
    t.deepEqual(
      rest,
      rest.toSorted((a, b) => a - b),
      'the order stays',
    );
  },
  { numRuns: 500 },
);

test('two faults of a hundred are found in few attempts', async (t) => {
  let attempts = 0;
  const rest = await minimize([...Array(100).keys()], (part) => {
    attempts++;
    return part.includes(17) && part.includes(83);
  });
  t.deepEqual(rest, [17, 83]);
  t.true(attempts < 60, `${attempts} attempts`);
});

testProp('bisection finds the border', [fc.nat(1_000), fc.nat(1_000)], async (t, one, other) => {
  const [border, most] = [Math.min(one, other), Math.max(one, other)];
  t.is(await bisect(0, most, (candidate) => candidate >= border), border);
});
