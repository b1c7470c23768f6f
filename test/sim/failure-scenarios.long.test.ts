import test from 'ava';
import type { Result } from '../../src/checker/result.ts';
import type { KafkaMode } from '../../src/db/kafka/recipes.ts';
import { findEntry } from '../../src/scenario/catalog/catalog.ts';
import { scheduleOfScript } from '../../src/nemesis/schedule.ts';
import { MODES, outcome } from './measured.ts';

function catalog(name: string, mode: KafkaMode, seed: number): Promise<Result> {
  const { scenario } = findEntry(name)!;
  const script = 'script' in scenario.nemesis ? scenario.nemesis.script : [];
  return outcome({ scenario, schedule: scheduleOfScript(script), seed, mode });
}

/** At full speed a run has ten times as many writes: one mode has to do. */
const FULL_SPEED: readonly KafkaMode[] = ['kraft-separate'];

/** The seven scenarios by their numbers: the losses measured on 2.0.1, 3.9.1, 4.1.0 and 4.4.0, as a range. */
const SEVEN: Record<string, { lost: [least: number, most: number]; modes?: readonly KafkaMode[] }> = {
  '2': { lost: [0, 50], modes: FULL_SPEED },
  '2-ten': { lost: [0, 50], modes: FULL_SPEED },
  '2-reliable': { lost: [500, 8_000] },
  '3': { lost: [0, 0], modes: FULL_SPEED },
  '4': { lost: [9_000, 20_000] },
  '5': { lost: [0, 0] },
  '6': { lost: [8_000, 15_000] },
  '7': { lost: [0, 0] },
};

for (const [name, { lost, modes = MODES }] of Object.entries(SEVEN)) {
  test.serial(
    `scenario ${name} loses ${lost[0] === lost[1] ? 'nothing' : `${lost[0]} to ${lost[1]}`}`,
    async (t) => {
      t.timeout(600_000);
      for (const mode of modes) {
        const { counts, verdict, reasons } = await catalog(name, mode, 1);
        t.true(counts.lost >= lost[0] && counts.lost <= lost[1], `${mode}: ${counts.lost} of ${counts.ok}`);
        t.is(verdict, 'valid', `${mode}: what is lost is permitted: ${reasons.join(' ')}`);
        t.true(counts.ok > 1_000);
      }
    },
  );
}

test.serial(
  'scenario 1: with acks=0 some of what was on its way is gone, and no client is told',
  async (t) => {
    for (const mode of MODES) {
      const { counts } = await catalog('1', mode, 1);
      t.is(counts.ok, 0);
      t.true(
        counts['sent-missing'] > 0 && counts['sent-missing'] < 500,
        `${mode}: ${counts['sent-missing']}`,
      );
    }
  },
);
