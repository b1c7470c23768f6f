/**
 * The spread of any number of figures in bounded memory and in a few bytes of JSON: counts of what falls between powers of
 * 2^(1/8). So the median is right within five per cent; smallest and largest are exact. Two of them can be added up.
 */
export interface RoughSpread {
  count: number;
  /** 0 where there are no figures. */
  min: number;
  max: number;
  /** How many figures, by the power. */
  powers: Record<string, number>;
}

const STEPS_A_DOUBLING = 8;
/** Smaller figures, 0 among them, count as this one. */
const LEAST = 1e-6;

export function noSpread(): RoughSpread {
  return { count: 0, min: 0, max: 0, powers: {} };
}

export function addFigure(spread: RoughSpread, figure: number): void {
  const power = Math.floor(STEPS_A_DOUBLING * Math.log2(Math.max(LEAST, figure)));
  widen(spread, figure, figure);
  spread.count++;
  spread.powers[power] = (spread.powers[power] ?? 0) + 1;
}

export function addSpread(spread: RoughSpread, other: RoughSpread): void {
  if (other.count === 0) return;
  widen(spread, other.min, other.max);
  spread.count += other.count;
  for (const [power, count] of Object.entries(other.powers))
    spread.powers[power] = (spread.powers[power] ?? 0) + count;
}

function widen(spread: RoughSpread, min: number, max: number): void {
  spread.min = spread.count === 0 ? min : Math.min(spread.min, min);
  spread.max = spread.count === 0 ? max : Math.max(spread.max, max);
}

/** Null where there are no figures. */
export function roughMedian({ count, min, max, powers }: RoughSpread): number | null {
  if (count === 0) return null;
  const ascending = Object.entries(powers)
    .map(([power, many]) => ({ power: Number(power), many }))
    .toSorted((a, b) => a.power - b.power);
  let before = 0;
  for (const { power, many } of ascending) {
    before += many;
    if (2 * before >= count) return Math.min(max, Math.max(min, 2 ** ((power + 0.5) / STEPS_A_DOUBLING)));
  }
  return max;
}
