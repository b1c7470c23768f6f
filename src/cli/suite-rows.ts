import { EXIT, Failure, messageOf } from '../core/failure.ts';
import type { Result } from '../checker/result.ts';
import type { Entry } from '../scenario/catalog/entry.ts';

/** One line of a suite's table. */
export interface Row {
  entry: Entry;
  /** Null when there was none: the run could not be prepared. */
  directory: string | null;
  /** Null when the run ended without a result that can be read. */
  result: Result | null;
  lost: number;
  /** Null when it is not known whether the expectation was met. */
  met: boolean | null;
  world: 'real' | 'simulated';
}

/** What came of one run. */
export interface Outcome {
  directory: string | null;
  result: Result | null;
  world: Row['world'];
  /** The exit status that the run ended with. */
  status: number;
}

export interface SuiteRun {
  rows: Row[];
  /** The gravest exit status of runs that failed without a verdict; null when there is none. */
  failed: number | null;
}

/**
 * Runs scenarios one after another until a person interrupts. A run that fails is a row like any other, and the table
 * of those before it is not lost; only what is wrong with the command itself ends the series, for it would fail alike
 * each time.
 */
export async function runRows(
  entries: readonly Entry[],
  options: {
    run: (entry: Entry) => Promise<Outcome>;
    interrupted: () => boolean;
    say: (text: string) => void;
  },
): Promise<SuiteRun> {
  const rows: Row[] = [];
  let failed: number | null = null;
  for (const entry of entries) {
    if (options.interrupted()) break;
    try {
      const outcome = await options.run(entry);
      rows.push(rowOf(entry, outcome, options.interrupted()));
      if (outcome.result === null) failed = graver(failed, outcome.status);
    } catch (error) {
      const status = error instanceof Failure ? error.exitStatus : EXIT.internal;
      if (status === EXIT.usage && rows.length === 0) throw error;
      options.say(`kept: ${entry.scenario.name}: ${messageOf(error)}\n`);
      rows.push(
        rowOf(entry, { directory: null, result: null, world: 'real', status }, options.interrupted()),
      );
      failed = graver(failed, status);
      if (status === EXIT.usage) break;
    }
  }
  return { rows, failed };
}

function rowOf(entry: Entry, { directory, result, world, status }: Outcome, interrupted: boolean): Row {
  const counts = result?.counts;
  const lost = counts === undefined ? 0 : counts.lost + counts['lost-after-read'] + counts['sent-missing'];
  const met = meets(entry.scenario.expect, { result, lost, status, interrupted });
  return { entry, directory, result, lost, met, world };
}

/** Whether a run did what is expected of its scenario. @returns null when the run does not tell. */
export function meets(
  expected: Entry['scenario']['expect'],
  run: { result: Pick<Result, 'verdict'> | null; lost: number; status: number; interrupted: boolean },
): boolean | null {
  const { result, lost, status, interrupted } = run;
  // Its result could not be written down, but its exit status is one.
  if (result === null) return status === EXIT.invalid && expected === 'no-loss' ? false : null;
  if (result.verdict === 'inconclusive') return null;
  if (expected === 'any') return true;
  const isLoss = lost > 0 || (expected === 'no-loss' && result.verdict !== 'valid');
  // What a run that was cut short has not lost, the whole of it might have.
  if (!isLoss && interrupted) return null;
  return isLoss === (expected === 'loss');
}

/** The exit status of a suite: a loss that was found is never masked, neither by an interrupt nor by another run. */
export function statusOfSuite({ rows, failed }: SuiteRun, interrupted: boolean): number {
  if (rows.some(({ met }) => met === false)) return EXIT.invalid;
  if (failed !== null && failed !== EXIT.interrupted && failed !== EXIT.valid) return failed;
  if (interrupted || failed === EXIT.interrupted) return EXIT.interrupted;
  return rows.some(({ met }) => met === null) ? EXIT.inconclusive : EXIT.valid;
}

const BY_GRAVITY: readonly number[] = [
  EXIT.valid,
  EXIT.interrupted,
  EXIT.inconclusive,
  EXIT.usage,
  EXIT.internal,
];

/** A status of 1 without a result that could be read is told by its row. */
function graver(one: number | null, other: number): number {
  const status = other === EXIT.invalid ? EXIT.inconclusive : other;
  if (one === null) return status;
  return BY_GRAVITY.indexOf(status) > BY_GRAVITY.indexOf(one) ? status : one;
}
