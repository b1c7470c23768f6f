import { EXIT } from '../core/failure.ts';
import { grouped } from '../core/words.ts';
import { alignedLines } from '../report/repeats/tables.ts';
import { isCounted, type RunFigures } from '../report/repeats/run-figures.ts';
import type { RepeatInfo } from '../run/repeat/repeat-file.ts';
import type { RepeatReport } from '../run/repeat/repeat-report.ts';
import type { Slot } from '../run/repeat/slots.ts';
import { meets } from './suite-rows.ts';

/** A suite holds each run against what is expected of its scenario, however often it is run. */

/** The exit status that a run stands for in a suite: invalid where what is expected did not come. */
export function statusInSuite({
  slot,
  figures,
  status,
}: {
  slot: Pick<Slot, 'of'>;
  figures: RunFigures | null;
  status: number;
}): number {
  const interrupted = figures !== null && figures.status !== 'complete';
  const lost = figures?.lost ?? 0;
  const met = meets(slot.of.scenario.expect, { result: figures, lost, status, interrupted });
  if (met === false) return EXIT.invalid;
  if (met === true) return EXIT.valid;
  return status === EXIT.invalid || status === EXIT.valid ? EXIT.inconclusive : status;
}

/** In how many of the runs that count what was expected came. */
export function expectationLines({ series }: RepeatReport, { cases }: RepeatInfo): string[] {
  const rows = series.map(({ scenario, runs }) => {
    const { expect } = cases.find((each) => each.scenario.name === scenario)!.scenario;
    const counted = runs.filter(isCounted);
    const met = counted.filter((figures) =>
      meets(expect, { result: figures, lost: figures.lost, status: EXIT.valid, interrupted: false }),
    ).length;
    return [scenario, expect, `${grouped(met)} of ${grouped(counted.length)}`];
  });
  return ['Expectations', ...alignedLines([['scenario', 'expected', 'met in runs'], ...rows], '  ')];
}
