import { NS_PER_MS } from '../../core/clock.ts';
import { counted, grouped, moment, seconds } from '../../core/words.ts';
import { alignedLines, percent } from '../repeats/tables.ts';
import { paragraph } from '../text/paragraphs.ts';
import { figureSentences } from './figure-sentences.ts';
import { costsTable, strikesTable, TABLE_NOTES, untestedSentences } from './fault-tables.ts';
import type { PeriodLine } from './period-line.ts';
import type { SoakReport } from './soak-report.ts';

/** A soak for people, on a terminal. */

/** What a terminal has at least. */
const COLUMNS = 80;

/** A period that is over, in one line of a screen: `   12 valid    5,821 acked, 0 lost · down 3.1 s · kill, pause`. */
export function periodText(line: PeriodLine): string {
  const { period, judged, ended, kinds, failure, stuck } = line;
  const number = String(period).padStart(5);
  const cut = ended === 'cut-short' ? ' (cut short)' : '';
  if (judged === null) return `${number} no verdict${cut}: ${failure ?? 'it was not judged'}`;
  const { figures, result } = judged;
  const gap = ` · down ${seconds(judged.unavailableNs)}`;
  const why = result.verdict === 'valid' ? '' : `\n      ${result.reasons[0]}`;
  const end = stuck === null ? '' : `\n      stuck: ${stuck}`;
  const begin = `${number} ${result.verdict.padEnd(12)} ${grouped(figures.acknowledged)} acked, ${grouped(figures.lost)} lost${gap}${cut} · `;
  return `${begin}${kindsWithin(COLUMNS - begin.length, kinds)}${why}${end}`;
}

/** As many kinds as there is room for, and how many others. */
function kindsWithin(columns: number, kinds: readonly string[]): string {
  if (kinds.length === 0) return 'quiet';
  for (let told = kinds.length; told > 0; told--) {
    const others = told < kinds.length ? ` +${kinds.length - told}` : '';
    const text = `${kinds.slice(0, told).join(', ')}${others}`;
    if (text.length <= columns) return text;
  }
  return counted(kinds.length, 'kind');
}

/** What the whole soak comes to, or has come to so far. */
export function soakText(
  report: SoakReport,
  more: { directory: string; columns: number; running?: string },
): string {
  const { directory, columns, running } = more;
  const { periods, counts, testedMs } = report;
  const words = (text: string, first = '  ') => paragraph(text, columns, '  ', first);
  const verdict =
    running !== undefined && report.verdict !== 'invalid' ? 'SO FAR' : report.verdict.toUpperCase();
  const lines = [
    ...words(
      `${verdict.padEnd(12)} ${counted(periods.judged, 'period')}, ${seconds(testedMs * NS_PER_MS)} in all`,
      '',
    ),
    ...(running === undefined ? [] : words(running)),
    ...report.reasons.flatMap((reason) => words(reason)),
    '',
    `  ${grouped(counts.ok + counts.sent)} acknowledged, ${grouped(counts.fail)} failed, ${grouped(counts.info)} of unknown outcome`,
    ...figureSentences(report).flatMap((text) => words(text)),
    `  ${grouped(periods.valid)} valid, ${grouped(periods.invalid)} invalid, ${grouped(periods.inconclusive)} inconclusive, ${grouped(periods.failed)} failed, ${grouped(periods.quiet)} of them quiet`,
    ...availabilityLines(report),
    ...faultLines(report, columns),
    '',
    `  Periods:  ${directory}/periods.ndjson`,
  ];
  return `${lines.join('\n')}\n`;
}

function availabilityLines(report: SoakReport): string[] {
  const { testedMs, unavailableNs, longestGap, latencyP99Ms, memoryBytes, asleepMs } = report;
  const mebibytes = (bytes: number) => `${grouped(bytes / 2 ** 20)} MiB`;
  return [
    ...(testedMs === 0
      ? []
      : [
          `  no acknowledgement came for ${percent(unavailableNs / (testedMs * NS_PER_MS))} of the time, ${seconds(unavailableNs)} in all`,
        ]),
    ...(longestGap === null
      ? []
      : [
          `  longest time without one, pauses of the load included: ${moment(longestGap.ns)}, in period ${longestGap.period}`,
        ]),
    ...(latencyP99Ms === null
      ? []
      : [
          `  latency (p99 of a period): median ${grouped(latencyP99Ms.median)} ms, worst ${grouped(latencyP99Ms.worst)} ms in period ${latencyP99Ms.period}`,
        ]),
    ...(memoryBytes === null
      ? []
      : [
          `  memory of kept: ${mebibytes(memoryBytes.first)} at first, ${mebibytes(memoryBytes.last)} in the end, ${mebibytes(memoryBytes.most)} at most`,
        ]),
    ...(asleepMs > 0
      ? [`  the machine was asleep, or nothing of kept ran, for ${seconds(asleepMs * NS_PER_MS)}`]
      : []),
  ];
}

function faultLines(report: SoakReport, columns: number): string[] {
  const words = (text: string) => paragraph(text, columns, '  ', '  ');
  const { faults } = report;
  const costs = costsTable(faults);
  return [
    ...(faults.length === 0 ? [] : ['', ...alignedLines(strikesTable(faults).rows, '  ')]),
    ...(costs === null ? [] : ['', ...alignedLines(costs.rows, '  '), '', ...TABLE_NOTES.flatMap(words)]),
    '',
    ...untestedSentences(report).flatMap(words),
  ];
}
