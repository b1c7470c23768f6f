import { join } from 'node:path';
import { check } from '../../checker/check.ts';
import type { Claim, Result } from '../../checker/result.ts';
import { messageOf } from '../../core/failure.ts';
import { readRegular } from '../../core/regular-file.ts';
import { openRun } from '../../history/directory.ts';
import { RESULTS_FILE, RUN_FILE } from '../../history/layout.ts';
import { readRunFile } from '../../history/recorder/run-file.ts';
import { type Availability, availabilityOf } from '../../report/figures/availability.ts';
import { runFigures, type RunFigures } from '../../report/repeats/run-figures.ts';

/** The figures of a run, decided again from its history. @throws Failure where there is no run. */
export async function judgedFigures(directory: string, claim: Claim): Promise<RunFigures> {
  const run = await openRun(directory);
  const result = check(run, { claim });
  return runFigures(directory, run.info, { result, availability: availabilityOf(run) });
}

/**
 * The figures of a run that this command has just seen judged: from the results that stand beside its history. Where they
 * do not, or answer another claim, it is judged here.
 */
export async function recordedFigures(directory: string, claim: Claim): Promise<RunFigures> {
  const file = readRunFile(join(directory, RUN_FILE));
  const results = resultsOf(directory);
  const fits = file.state === 'whole' && results?.run === file.info.run && results.claim === claim;
  if (!fits) return judgedFigures(directory, claim);
  return runFigures(directory, file.info, { result: results, availability: results.availability });
}

function resultsOf(directory: string): (Result & { availability: Availability }) | null {
  try {
    return JSON.parse(readRegular(join(directory, RESULTS_FILE)).toString()) as Result & {
      availability: Availability;
    };
  } catch {
    // It was never judged, or the results could not be written.
    return null;
  }
}

/** A run of which there are no figures, and why. */
export interface Unreadable {
  directory: string;
  why: string;
}

/** All that can be read; what cannot be is told. */
export async function gather(
  directories: readonly string[],
  read: (directory: string) => Promise<RunFigures>,
  onRead: (count: number) => void = () => {},
): Promise<{ runs: RunFigures[]; unreadable: Unreadable[] }> {
  const runs: RunFigures[] = [];
  const unreadable: Unreadable[] = [];
  for (const [index, directory] of directories.entries()) {
    try {
      runs.push(await read(directory));
    } catch (error) {
      unreadable.push({ directory, why: messageOf(error) });
    }
    onRead(index + 1);
  }
  return { runs, unreadable };
}
