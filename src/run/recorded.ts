import { join } from 'node:path';
import { z } from 'zod';
import { EXIT, Failure } from '../core/failure.ts';
import { readRegular } from '../core/regular-file.ts';
import type { Claim } from '../checker/result.ts';
import type { KafkaMode } from '../db/kafka/recipes.ts';
import { openRun } from '../history/directory.ts';
import { RESULTS_FILE } from '../history/layout.ts';
import type { Run } from '../history/run.ts';
import { executedSchedule } from '../nemesis/executed.ts';
import type { Schedule } from '../nemesis/schedule.ts';
import { scenarioSchema, type Scenario } from '../scenario/schema.ts';
import { isBug, type Bug } from '../sim/bugs.ts';
import { LAB_KINDS, type LabKind } from '../world/plan.ts';
import { scheduleOf } from './prepare.ts';

/** A run of the store as something that can be run again. */
export interface Recorded {
  directory: string;
  run: Run;
  scenario: Scenario;
  seed: number;
  mode: KafkaMode;
  bug: Bug | null;
  /** In which kind of lab real Kafka ran. */
  lab: LabKind;
  /** What the nemesis was to do, by scenario and seed. */
  planned: Schedule;
  /** What it did, and to whom. */
  executed: Schedule;
  /** The claim that it was judged by. */
  claim: Claim;
}

/** @throws Failure (usage) when the run cannot be run again by this program. */
export async function openRecorded(directory: string): Promise<Recorded> {
  const run = await openRun(directory);
  const { info } = run;
  const refuse = (why: string, hint: string): never => {
    throw new Failure(`the run ${directory} cannot be run again: ${why}`, { hint, exitStatus: EXIT.usage });
  };
  if (info.world === 'imported')
    refuse('it was imported from another tool', 'only "kept check" can judge it');
  if (info.lab === 'given')
    refuse(
      'it ran against a cluster that was given',
      'run the scenario there once more: kept run --bootstrap-server …; --seed repeats its values',
    );
  const parsed = scenarioSchema.safeParse(withoutExtras(info.scenario));
  if (!parsed.success) {
    const why = z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, ' ');
    return refuse(
      `its scenario does not fit this version of kept any more (${why})`,
      `it was recorded by kept ${info.versions.kept}: use that version`,
    );
  }
  const mode = KAFKA_MODES.find((known) => known === info.kafkaMode);
  if (mode === undefined) {
    return refuse(
      `it ran in the mode "${info.kafkaMode ?? 'unknown'}", which this version of kept does not know`,
      `it was recorded by kept ${info.versions.kept}: use that version`,
    );
  }
  const lab = LAB_KINDS.find((known) => known === (info.lab ?? 'netns'));
  if (lab === undefined) {
    return refuse(
      `it ran in a lab of the kind "${info.lab}", which this version of kept does not know`,
      `it was recorded by kept ${info.versions.kept}: use that version`,
    );
  }
  const bug = info.bug ?? null;
  if (bug !== null && !isBug(bug)) {
    return refuse(
      `the bug "${bug}" cannot be planted any more`,
      '"kept sim --help" lists the bugs that there are',
    );
  }
  return {
    directory,
    run,
    scenario: parsed.data,
    seed: info.seed,
    mode,
    bug,
    lab,
    planned: scheduleOf(parsed.data, info.seed),
    executed: executedSchedule(run.events),
    claim: claimOf(directory),
  };
}

const KAFKA_MODES: readonly KafkaMode[] = ['zookeeper', 'kraft-combined', 'kraft-separate'];

/** run.json adds to the scenario what the checker needs. */
function withoutExtras(scenario: Run['info']['scenario']): object {
  return Object.fromEntries(
    Object.entries(scenario).filter(([name]) => !['faultsPlanned', 'partOfSoak'].includes(name)),
  );
}

function claimOf(directory: string): Claim {
  try {
    const result = JSON.parse(readRegular(join(directory, RESULTS_FILE)).toString()) as { claim?: Claim };
    return result.claim === 'contract' ? 'contract' : 'kept';
  } catch {
    // It was never judged, so the usual claim counts.
    return 'kept';
  }
}
