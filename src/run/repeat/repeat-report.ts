import type { Claim } from '../../checker/result.ts';
import { type Series, seriesOf } from '../../report/repeats/series.ts';
import type { RunFigures } from '../../report/repeats/run-figures.ts';
import { gather, judgedFigures, recordedFigures, type Unreadable } from './gather.ts';
import type { RepeatInfo } from './repeat-file.ts';
import { setAside, type Slot, slotsOf, stateOf } from './slots.ts';

/** A repeat as far as it is there: what summary.json holds. */
export interface RepeatReport {
  version: 1;
  directory: string;
  name: string;
  suite: string | null;
  claim: Claim;
  /** Of the first repetition. */
  seed: number;
  /** How often each scenario was to be run. */
  repetitions: number;
  series: Series[];
  /** Places whose run has not begun, or still goes on. */
  missing: number;
  /** Runs that are none of this repeat's. */
  foreign: string[];
  unreadable: Unreadable[];
}

/** @param options.again whether each run is decided again from its history, instead of taking the results beside it. */
export async function reportOf(
  directory: string,
  info: RepeatInfo,
  options: { again?: boolean; claim?: Claim; onRead?: (count: number, total: number) => void } = {},
): Promise<RepeatReport> {
  const claim = options.claim ?? info.claim;
  const read = (path: string) =>
    options.again === true ? judgedFigures(path, claim) : recordedFigures(path, claim);
  const slots = slotsOf(directory, info).map((slot) => ({ slot, state: stateOf(slot, info.given) }));
  const there = slots
    .filter(({ state }) => state === 'ended' || state === 'cut short')
    .map(({ slot }) => slot);
  const aside = setAside(directory, info);
  const wanted = [...there, ...aside];
  const { runs, unreadable } = await gather(
    wanted.map((place) => place.directory),
    read,
    (count) => options.onRead?.(count, wanted.length),
  );
  const caseOf = new Map(wanted.map((place) => [place.directory, place.of]));
  return {
    version: 1,
    directory,
    name: info.name,
    suite: info.suite,
    claim,
    seed: info.seed,
    repetitions: info.repetitions,
    series: info.cases.map((of) =>
      seriesOf(of.scenario.name, runs.filter((run) => caseOf.get(run.directory) === of).map(asCutShort)),
    ),
    missing: slots.filter(({ state }) => state === 'empty' || state === 'running').length,
    foreign: slots.filter(({ state }) => state === 'foreign').map(({ slot }) => slot.directory),
    unreadable,
  };
}

/** The status of a run that was killed is still "running". */
function asCutShort(run: RunFigures): RunFigures {
  return run.status === 'running' ? { ...run, status: 'interrupted' } : run;
}

/** The places whose run has to be carried out, or once more. */
export function outstanding(directory: string, info: RepeatInfo): Slot[] {
  return slotsOf(directory, info).filter((slot) => stateOf(slot, info.given) !== 'ended');
}
