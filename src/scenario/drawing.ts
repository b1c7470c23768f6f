import type { Random } from '../core/random.ts';

/** How features of a scenario are drawn. */

export function chance(random: Random, probability: number): boolean {
  return random.float() < probability;
}

export function weighted<T>(random: Random, choices: readonly (readonly [T, weight: number])[]): T {
  let point = random.float() * choices.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [choice, weight] of choices) {
    point -= weight;
    if (point < 0) return choice;
  }
  return choices.at(-1)![0];
}
