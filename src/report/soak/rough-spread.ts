/**
 * The spread of any number of figures in bounded memory, and in a few bytes of JSON where there are few: a dozen figures are
 * kept as they are; more of them as counts of what falls between powers of 2^(1/8). So the median is right within five per
 * cent; smallest and largest are exact. Two of them can be added up.
 */
export interface RoughSpread {
  /** All of them, while there are few. */
  figures: number[];
  /** All of them, when there are more. */
  counts?: Counts;
}

interface Counts {
  count: number;
  min: number;
  max: number;
  /** How many figures, by the power. */
  powers: Record<string, number>;
}

const FIGURES_MAX = 12;
const STEPS_A_DOUBLING = 8;
/** Smaller figures, 0 among them, count as this one. */
const LEAST = 1e-6;

export function noSpread(): RoughSpread {
  return { figures: [] };
}

/** To the thousandth. */
export function addFigure(spread: RoughSpread, figure: number): void {
  const rounded = Math.round(figure * 1_000) / 1_000;
  if (spread.counts === undefined) {
    spread.figures.push(rounded);
    if (spread.figures.length > FIGURES_MAX) countsOf(spread);
  } else count(spread.counts, rounded);
}

export function addSpread(spread: RoughSpread, other: RoughSpread): void {
  for (const figure of other.figures) addFigure(spread, figure);
  if (other.counts === undefined) return;
  const counts = countsOf(spread);
  counts.min = Math.min(counts.min, other.counts.min);
  counts.max = Math.max(counts.max, other.counts.max);
  counts.count += other.counts.count;
  for (const [power, many] of Object.entries(other.counts.powers))
    counts.powers[power] = (counts.powers[power] ?? 0) + many;
}

/** Null where there are no figures. */
export function roughFacts(
  spread: RoughSpread,
): { count: number; min: number; max: number; median: number } | null {
  const { figures, counts } = spread;
  if (counts !== undefined) return { ...counts, median: medianOf(counts) };
  const sorted = figures.toSorted((a, b) => a - b);
  const median = sorted[Math.ceil(sorted.length / 2) - 1];
  if (median === undefined) return null;
  return { count: sorted.length, min: sorted[0]!, max: sorted.at(-1)!, median };
}

/** From now on its figures are counted. */
function countsOf(spread: RoughSpread): Counts {
  if (spread.counts === undefined) {
    // What an empty one begins with is replaced by the first figure, and JSON has no infinity.
    spread.counts = { count: 0, min: Number.MAX_VALUE, max: 0, powers: {} };
    for (const figure of spread.figures.splice(0)) count(spread.counts, figure);
  }
  return spread.counts;
}

function count(counts: Counts, figure: number): void {
  const power = Math.floor(STEPS_A_DOUBLING * Math.log2(Math.max(LEAST, figure)));
  counts.count++;
  counts.min = Math.min(counts.min, figure);
  counts.max = Math.max(counts.max, figure);
  counts.powers[power] = (counts.powers[power] ?? 0) + 1;
}

function medianOf({ count: all, min, max, powers }: Counts): number {
  const ascending = Object.entries(powers)
    .map(([power, many]) => ({ power: Number(power), many }))
    .toSorted((a, b) => a.power - b.power);
  let before = 0;
  for (const { power, many } of ascending) {
    before += many;
    if (2 * before >= all) return Math.min(max, Math.max(min, 2 ** ((power + 0.5) / STEPS_A_DOUBLING)));
  }
  return max;
}
