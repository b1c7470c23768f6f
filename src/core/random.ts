import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';

/**
 * Seeded randomness. The same seed gives the same numbers on every machine and Node version; `fork` gives an
 * independent stream by name, so that drawing more in one place never changes what another place draws.
 */
export interface Random {
  /** A float in [0, 1). */
  float(): number;
  /** An integer in [0, below). */
  int(below: number): number;
  pick<T>(items: readonly T[]): T;
  shuffle<T>(items: readonly T[]): T[];
  /** An exponentially distributed interval with the given mean: the gaps of a Poisson process. */
  exponential(mean: number): number;
  /** An independent stream, fixed by this stream's seed and the name. */
  fork(name: string): Random;
}

/** @param seed any integer; its low 32 bits count. */
export function seededRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed | 0);
  const random: Random = {
    float: () => uniformFloat64(generator),
    int: (below) => uniformInt(generator, 0, below - 1),
    pick: (items) => {
      if (items.length === 0) throw new RangeError('pick: nothing to pick from');
      return items[random.int(items.length)]!;
    },
    shuffle: (items) => {
      const shuffled = [...items];
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = random.int(last + 1);
        [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
      }
      return shuffled;
    },
    exponential: (mean) => -mean * Math.log(1 - random.float()),
    fork: (name) => seededRandom(hash(`${seed}/${name}`)),
  };
  return random;
}

/** FNV-1a, 32 bits: enough to give every named stream a seed of its own. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  return state;
}

/** A seed for a run that was given none. The only unseeded draw in the project; it is printed and recorded. */
export function freshSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}

/** A short identifier that no other run on this machine shares: letters and digits only. */
export function freshId(): string {
  return (
    Date.now().toString(36) +
    Math.floor(Math.random() * 36 ** 4)
      .toString(36)
      .padStart(4, '0')
  );
}
