import { fc } from '@fast-check/ava';
import test from 'ava';
import { seedsOf } from '../../../src/run/repeat/seeds.ts';
import { holds } from '../../holds.ts';

const seed = fc.integer({ min: 0, max: 2 ** 31 - 1 });

test('run k has the same seed however many runs there are, the first one the seed that was given, and no two the same', (t) =>
  holds(
    t,
    fc.property(
      seed,
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 60 }),
      (first, some, more) => {
        const seeds = seedsOf(first, some);
        t.is(seeds.length, some);
        t.is(seeds[0], first);
        t.is(new Set(seeds).size, some);
        t.true(seeds.every((each) => Number.isInteger(each) && each >= 0 && each < 2 ** 31));
        t.deepEqual(seedsOf(first, some + more).slice(0, some), seeds);
      },
    ),
  ));

test('the seeds of 42 are pinned: a repeat of last year can be repeated', (t) => {
  t.deepEqual(seedsOf(42, 4), [42, 1776719203, 1548556041, 1630599839]);
});

test('neighbouring first seeds have no runs in common', (t) => {
  const ofNeighbours = [1, 2, 3, 4, 5].flatMap((first) => seedsOf(first, 100));
  t.is(new Set(ofNeighbours).size, 500);
});
