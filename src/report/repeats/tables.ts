import { NS_PER_SECOND } from '../../core/clock.ts';
import { grouped, moment } from '../../core/words.ts';
import { type Interval, SAMPLE_MIN } from '../../statistics/bootstrap.ts';
import type { Spread } from '../../statistics/quantiles.ts';
import type { FindingRow, Measure, Occurrence, Series } from './series.ts';

/** A table as texts, for a terminal and for Markdown alike. The first row is its head. */
export interface Table {
  title: string;
  rows: readonly (readonly string[])[];
}

/** Columns of equal width, two blanks apart. */
export function alignedLines(rows: Table['rows'], indent: string): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    `${indent}${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd(),
  );
}

/** Aligned too, so that it can be read where it is. */
export function markdownLines([head = [], ...body]: Table['rows']): string[] {
  const rows = [head, ...body].map((row) => row.map((cell) => cell.replaceAll('|', '\\|') || ' '));
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const [first, ...others] = rows.map(line);
  return [first!, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...others];
}

/** The figures that have a median, and how each of them is written. */
export const MEASURES: { name: string; of: (series: Series) => Measure; text: (value: number) => string }[] =
  [
    { name: 'records lost', of: ({ lost }) => lost, text: tenths },
    { name: 'lost of the acknowledged', of: ({ lostShare }) => lostShare, text: percent },
    { name: 'records acknowledged', of: ({ acknowledged }) => acknowledged, text: tenths },
    {
      name: 'acknowledged of the writes',
      of: ({ acknowledgedShare }) => acknowledgedShare,
      text: percent,
    },
    {
      name: 'longest time without any',
      of: ({ longestGapNs }) => longestGapNs,
      text: (ns) => (ns < NS_PER_SECOND / 20 ? `${Math.round(ns / 1e6)} ms` : moment(ns)),
    },
  ];

export const MEASURE_HEAD = ['median', 'range', '95 % interval'];

export function measureCells({ spread, interval }: Measure, text: (value: number) => string): string[] {
  if (spread === null) return ['–', '–', '–'];
  const { median, count } = spread;
  return [text(median), count === 1 ? '(one run)' : rangeText(spread, text), intervalText(interval, text)];
}

export function rangeText(
  { min, max }: Pick<Spread, 'min' | 'max'>,
  text: (value: number) => string,
): string {
  const [from, to] = [text(min), text(max)];
  return from === to ? from : `${from} to ${to}`;
}

export function intervalText(interval: Interval, text: (value: number) => string): string {
  if (interval.known) return rangeText({ min: interval.low, max: interval.high }, text);
  return interval.because === 'too few' ? 'too few runs' : 'none: all the same';
}

/** `27 of 30`. */
export function occurrenceText({ runs, of }: Occurrence): string {
  return `${grouped(runs)} of ${grouped(of)}`;
}

/** `73 % to 98 %`: of how many of all such runs that speaks. */
export function likelyText({ interval }: Occurrence): string {
  return interval === null ? '–' : rangeText({ min: interval.low, max: interval.high }, wholePercent);
}

export const FINDING_HEAD = ['finding', 'judgement', 'runs', 'likely in', 'records in such a run'];

export function findingCells({
  kind,
  loss,
  judgement,
  occurrence,
  records,
  elsewhere,
}: FindingRow): string[] {
  const how = records === null ? '–' : spreadText(records);
  return [
    loss === undefined ? kind : `${kind} (${loss})`,
    judgement,
    occurrenceText(occurrence),
    likelyText(occurrence),
    elsewhere === 0 ? how : `${how}; in ${elsewhere} not counted`,
  ];
}

function spreadText(spread: Spread): string {
  const { median, min, max } = spread;
  return min === max ? tenths(median) : `${tenths(median)} (${tenths(min)}–${tenths(max)})`;
}

/** Of an interval whose ends nobody needs to the tenth. */
function wholePercent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** The median of two whole numbers may have a half, which matters only where they are small. */
export function tenths(value: number): string {
  return Number.isInteger(value) || value >= 100
    ? grouped(value)
    : `${grouped(Math.floor(value))}.${Math.round((value % 1) * 10)}`;
}

/** `0 %`, `0.04 %`, `98.2 %`, `100 %`. Only all is 100 %, and only none is 0 %. */
export function percent(share: number): string {
  if (share === 0 || share === 1) return `${100 * share} %`;
  const value = 100 * share;
  if (value < 0.01) return '< 0.01 %';
  if (value > 99.99) return '> 99.99 %';
  if (value < 1 || value > 99) return `${value.toFixed(2)} %`;
  return `${value.toFixed(1)} %`;
}

/** What of the tables wants an explanation, in sentences. */
export function remarksOn(all: readonly Series[]): string[] {
  const measures = all.flatMap((series) => MEASURES.map(({ of }) => of(series)));
  const counted = all.filter((each) => each.counted > 0);
  const remarks: string[] = [];
  if (counted.some((series) => series.counted === 1))
    remarks.push('One run says nothing about how much others would differ.');
  if (
    measures.some(
      ({ spread, interval }) =>
        spread !== null && spread.count > 1 && !interval.known && interval.because === 'too few',
    )
  )
    remarks.push(
      `An interval that holds the median with a probability of 95 % needs ${SAMPLE_MIN} runs at least; no way to compute one gets around that.`,
    );
  if (measures.some(({ interval }) => !interval.known && interval.because === 'all the same'))
    remarks.push('Where all runs have the same figure, they do not tell how much others would differ.');
  return remarks;
}
