import { seededRandom } from '../../core/random.ts';

const SEEDS = 2 ** 31;

/**
 * The seed of each repetition. The first one has the seed that was given, so that one run with it is the same run; the
 * others are drawn from it, one after the other, and none twice. So run k depends on the first seed and on k alone, however
 * many there are, and `--seed` repeats any one of them.
 */
export function seedsOf(first: number, count: number): number[] {
  const random = seededRandom(first).fork('repetitions');
  const seeds = new Set([first]);
  while (seeds.size < count) seeds.add(random.int(SEEDS));
  return [...seeds].slice(0, count);
}
