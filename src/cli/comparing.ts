import { realpathSync } from 'node:fs';
import type { Claim } from '../checker/result.ts';
import { realClock } from '../core/clock.ts';
import { EXIT, Failure } from '../core/failure.ts';
import { listed } from '../core/words.ts';
import { compare, type Comparison, type Side } from '../report/repeats/comparison.ts';
import { comparisonMarkdown, comparisonText } from '../report/repeats/comparison-text.ts';
import { runsCsv } from '../report/repeats/csv.ts';
import { type Series, seriesOf } from '../report/repeats/series.ts';
import { textColumns } from '../report/text/paragraphs.ts';
import { isRunning } from '../run/is-running.ts';
import { judgedFigures } from '../run/repeat/gather.ts';
import { isOwned } from '../run/repeat/ownership.ts';
import { isRepeat, readRepeatFile } from '../run/repeat/repeat-file.ts';
import { type RepeatReport, reportOf } from '../run/repeat/repeat-report.ts';
import { summaryCsv, summaryJson, summaryMarkdown, summaryText } from './summaries.ts';
import { columnsOf } from './terminal/locale.ts';
import { print, printJson, say } from './terminal/print.ts';
import { statusLine } from './terminal/status-line.ts';

/** By which claim all runs are judged, and how the result is printed. */
export interface CompareOptions {
  claim?: Claim;
  json?: true;
  csv?: true;
  markdown?: true;
}

/** What stands at a path: one series of a run or of a repeat, or one for each scenario of a suite. */
interface Place {
  path: string;
  series: Series[];
  report: RepeatReport | null;
}

/** What `kept compare` does. @returns the exit status. */
export async function compareSides(paths: readonly string[], options: CompareOptions): Promise<number> {
  assertDifferent(paths);
  const claim = options.claim ?? claimOf(paths);
  const places = await readPlaces(paths, claim);
  for (const { report } of places) tellTroubles(report);
  const [only] = places;
  if (places.length === 1) return describe(only!, options);
  const comparisons = pair(places);
  show(comparisons, { ...options, claim });
  tellSimulated(places);
  const isMute = comparisons.some(({ sides }) => sides.some(({ series }) => series.counted === 0));
  return isMute ? EXIT.inconclusive : EXIT.valid;
}

const refuse = (message: string, hint: string): never => {
  throw new Failure(message, { hint, exitStatus: EXIT.usage });
};

/** A run that stands on both sides would make them alike. */
function assertDifferent(paths: readonly string[]): void {
  if (paths.length > LETTERS.length)
    refuse(`${paths.length} sides are too many to stand side by side`, `at most ${LETTERS.length} can`);
  const seen = new Map<string, string>();
  for (const path of paths) {
    const real = realOf(path);
    for (const [other, name] of seen) {
      if (other === real)
        refuse(`${name} and ${path} are the same, so there is nothing to compare`, 'name two of them');
      if (real.startsWith(`${other}/`) || other.startsWith(`${real}/`))
        refuse(
          `one of ${name} and ${path} is a part of the other, so their runs would be compared with themselves`,
          'name two that have no run in common',
        );
    }
    seen.set(real, path);
  }
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // What is not there is said by what reads it.
    return path;
  }
}

/** One claim for all sides. */
function claimOf(paths: readonly string[]): Claim {
  const claims = paths.filter(isRepeat).map((path) => readRepeatFile(path).claim);
  if (new Set(claims).size > 1)
    refuse(
      `the repeats were judged by different claims (${listed(claims)})`,
      'say by which all are to be judged: --claim kept or --claim contract',
    );
  return claims[0] ?? 'kept';
}

async function readPlaces(paths: readonly string[], claim: Claim): Promise<Place[]> {
  const clock = realClock();
  const status = statusLine(process.stderr, 1e9);
  const places: Place[] = [];
  for (const path of paths) {
    const onRead = (count: number, total: number) => {
      if (status.isDue(clock.nowNs())) status.draw(`${path}: ${count} of ${total} runs judged`);
    };
    places.push(isRepeat(path) ? await readRepeat(path, claim, onRead) : await readRun(path, claim));
  }
  status.end();
  return places;
}

async function readRepeat(
  path: string,
  claim: Claim,
  onRead: (count: number, total: number) => void,
): Promise<Place> {
  const report = await reportOf(path, readRepeatFile(path), { again: true, claim, onRead });
  return { path, report, series: report.series.filter(({ total }) => total > 0) };
}

async function readRun(path: string, claim: Claim): Promise<Place> {
  const figures = await judgedFigures(path, claim);
  if (isRunning(path))
    refuse(`the run ${path} still goes on`, `"kept check ${path}" tells what is proven so far`);
  const status = figures.status === 'running' ? ('interrupted' as const) : figures.status;
  return {
    path,
    report: null,
    series: [seriesOf(figures.settings['scenario'] ?? path, [{ ...figures, status }])],
  };
}

/** Series that belong together: by scenario where a side has several, else whatever the sides ran. */
function pair(places: readonly Place[]): Comparison[] {
  const empty = places.find(({ series }) => series.length === 0);
  if (empty !== undefined)
    refuse(`there is no run in ${empty.path} yet`, `carry them out: kept resume ${empty.path}`);
  const side = (place: Place, index: number, series: Series): Side => ({
    letter: LETTERS[index]!,
    path: place.path,
    series,
  });
  if (places.every(({ series }) => series.length === 1))
    return [
      compare(
        null,
        places.map((place, index) => side(place, index, place.series[0]!)),
      ),
    ];
  const names = places.map(({ series }) => series.map(({ scenario }) => scenario));
  const common = names[0]!.filter((name) => names.every((those) => those.includes(name)));
  if (common.length === 0)
    refuse(
      `${listed(places.map(({ path }) => path))} have no scenario in common`,
      `they ran ${names.map((those) => listed(those)).join(' / ')}`,
    );
  const left = [...new Set(names.flat())].filter((name) => !common.includes(name));
  if (left.length > 0) say(`Not every side ran ${listed(left)}, so that is left out.\n`);
  return common.map((name) =>
    compare(
      name,
      places.map((place, index) =>
        side(
          place,
          index,
          place.series.find(({ scenario }) => scenario === name)!,
        ),
      ),
    ),
  );
}

function show(
  comparisons: readonly Comparison[],
  { json, csv, markdown, claim }: CompareOptions & { claim: Claim },
): void {
  if (json === true) printJson(`${JSON.stringify({ version: 1, claim, comparisons }, null, 2)}\n`);
  else if (csv === true)
    print(
      runsCsv(
        comparisons.flatMap(({ sides }) =>
          sides.flatMap(({ letter, series }) => series.runs.map((run) => ({ run, extra: [letter] }))),
        ),
        ['side'],
      ),
    );
  else if (markdown === true) print(comparisons.map(comparisonMarkdown).join('\n'));
  else {
    const columns = textColumns(columnsOf(process.stdout));
    print(comparisons.map((comparison) => comparisonText(comparison, columns)).join('\n'));
  }
}

/** One side alone is told, and held against nothing. */
function describe({ path, report, series }: Place, { json, csv, markdown }: CompareOptions): number {
  if (report === null)
    return refuse(`there is only one run to compare: ${path}`, 'name another one, or a repeat of it');
  if (json === true) printJson(summaryJson(report));
  else if (csv === true) print(summaryCsv(report));
  else if (markdown === true) print(summaryMarkdown(report));
  else print(summaryText(report, textColumns(columnsOf(process.stdout))));
  tellSimulated([{ path, report, series }]);
  return series.some(({ counted }) => counted > 0) ? EXIT.valid : EXIT.inconclusive;
}

/** What is wrong with a side, beside its figures. */
function tellTroubles(report: RepeatReport | null): void {
  if (report === null) return;
  const { directory, missing, foreign, unreadable } = report;
  if (missing > 0) {
    const how = isOwned(directory) === true ? 'still being carried out' : 'not whole';
    say(`The repeat ${directory} is ${how}: of its runs ${missing} are missing.\n`);
  }
  for (const path of foreign) say(`The run ${path} is not of the repeat ${directory}, and left out.\n`);
  for (const { directory: run, why } of unreadable) say(`Left out is ${run}: ${why}.\n`);
}

function tellSimulated(places: readonly Place[]): void {
  const worlds = places.flatMap(({ series }) => series.map(({ settings }) => settings['world']));
  if (!worlds.includes('simulated')) return;
  say(
    worlds.every((world) => world === 'simulated')
      ? '*** SIMULATED *** These figures are about a model of Kafka, not about Kafka.\n'
      : '*** SIMULATED *** One side is a model of Kafka: a difference tells about the model, not about Kafka.\n',
  );
}
