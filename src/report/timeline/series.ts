import type { Envelope } from '../figures/grid.ts';
import type { Point } from './labels.ts';
import type { TimeAxis } from './axis.ts';
import { px } from './svg.ts';

/** An envelope on the screen: from `low` to `high` (both y, so low is the larger) in the pixel column at x. */
export interface Column {
  x: number;
  low: number;
  high: number;
}

/** Buckets to pixel columns: however many buckets a series has, it never has more columns than the panel is wide. */
export function columnsOf(
  envelope: Envelope,
  bucketNs: number,
  axis: TimeAxis,
  y: (offset: number) => number,
): Column[] {
  const columns: Column[] = [];
  for (const [bucket, min] of envelope.min.entries()) {
    if (min === Infinity) continue;
    const x = Math.round(axis.x((bucket + 0.5) * bucketNs));
    const [low, high] = [y(min), y(envelope.max[bucket]!)];
    const last = columns.at(-1);
    if (last === undefined || last.x !== x) columns.push({ x, low, high });
    else {
      last.low = Math.max(last.low, low);
      last.high = Math.min(last.high, high);
    }
  }
  return columns;
}

/** Cuts a series where it pauses for much longer than it usually does. */
export function runsOf(columns: readonly Column[]): Column[][] {
  const gaps = columns.slice(1).map((column, index) => column.x - columns[index]!.x);
  const usual = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
  const gapMax = Math.max(6, 3 * usual);
  const runs: Column[][] = [];
  for (const [index, column] of columns.entries()) {
    if (index === 0 || column.x - columns[index - 1]!.x > gapMax) runs.push([]);
    runs.at(-1)!.push(column);
  }
  return runs;
}

/** The outline of every run: along the top and back along the bottom; a single column is a short upright stroke. */
export function bandPath(runs: readonly Column[][]): string {
  return runs.map((run) => outline([...top(run), ...bottom(run).toReversed()])).join('');
}

/** The area between the top of every run and a base line. */
export function areaPath(runs: readonly Column[][], base: number): string {
  return runs
    .map((run) => outline([{ x: run[0]!.x, y: base }, ...top(run), { x: run.at(-1)!.x, y: base }]))
    .join('');
}

const top = (run: readonly Column[]): Point[] => run.map(({ x, high }) => ({ x, y: high }));
const bottom = (run: readonly Column[]): Point[] => run.map(({ x, low }) => ({ x, y: low }));

function outline(points: readonly Point[]): string {
  return `M${points.map(({ x, y }) => `${px(x)},${px(y)}`).join('L')}Z`;
}

/** Points as zero-length strokes: with round caps they are dots, and cost a few bytes each. */
export function dotsPath(points: readonly Point[]): string {
  return [...new Set(points.map(({ x, y }) => `M${px(x)},${px(y)}h0`))].join('');
}
