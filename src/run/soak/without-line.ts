import { readdirSync } from 'node:fs';
import { atPath } from '../../core/paths.ts';
import { PERIOD_PREFIX } from '../../history/layout.ts';
import type { PeriodLine } from '../../report/soak/period-line.ts';

/** What was recorded of a period and stands in no line: the tool was killed before it was judged. */
export interface WithoutLine {
  period: number;
  /** In the directory of the soak. */
  name: string;
  /** Whether another attempt at the period has taken its place. */
  isAside: boolean;
}

const NAME = new RegExp(`^${PERIOD_PREFIX}([1-9]\\d{0,8})(-cut-short-\\d+)?$`);

/** In the order of the periods. */
export function withoutLine(directory: string, lines: Iterable<PeriodLine>): WithoutLine[] {
  const named = new Set<string>();
  const over = new Set<number>();
  for (const { directory: name, ended, period } of lines) {
    if (name !== null) named.add(name);
    if (ended !== 'cut-short') over.add(period);
  }
  return atPath(directory, 'read', () => readdirSync(directory))
    .flatMap((name) => {
      const found = NAME.exec(name);
      if (found === null || named.has(name)) return [];
      const [period, isAside] = [Number(found[1]), found[2] !== undefined];
      // A line that keeps nothing was written, and the history was to be dropped.
      return !isAside && over.has(period) ? [] : [{ period, name, isAside }];
    })
    .toSorted((one, other) => one.period - other.period || (one.name < other.name ? -1 : 1));
}
