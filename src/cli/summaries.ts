import { join, relative } from 'node:path';
import { writeWhole } from '../core/draft.ts';
import { messageOf } from '../core/failure.ts';
import { counted } from '../core/words.ts';
import { SUMMARY_FILES } from '../history/layout.ts';
import { runsCsv } from '../report/repeats/csv.ts';
import { seriesMarkdown, seriesText } from '../report/repeats/series-text.ts';
import { remarksOn } from '../report/repeats/tables.ts';
import { paragraph } from '../report/text/paragraphs.ts';
import type { RepeatReport } from '../run/repeat/repeat-report.ts';

/** What is known of a repeat: on the screen, and in its directory. */

export function summaryText(report: RepeatReport, columns: number): string {
  const { series } = report;
  const lines = paragraph(titleOf(report), columns, '  ', '');
  const parts = series.filter(({ total }) => total > 0).map((each) => seriesText(each, columns));
  const remarks = remarksOn(series).flatMap((remark) => paragraph(remark, columns, '  '));
  const troubles = troublesOf(report).flatMap((trouble) => paragraph(trouble, columns, '  '));
  return [`${lines.join('\n')}\n`, ...parts, [...remarks, ...troubles].map((line) => `${line}\n`).join('')]
    .filter((part) => part !== '')
    .join('\n');
}

export function summaryMarkdown(report: RepeatReport): string {
  const { series, directory } = report;
  const nameOf = (run: string) => relative(directory, run);
  const parts = series.filter(({ total }) => total > 0).map((each) => seriesMarkdown(each, nameOf));
  const notes = [...remarksOn(series), ...troublesOf(report)].map((note) => `${note}\n`);
  return [`# ${titleOf(report)}\n`, ...parts, ...notes].join('\n');
}

export function summaryCsv({ series }: RepeatReport): string {
  return runsCsv(series.flatMap(({ runs }) => runs.map((run) => ({ run }))));
}

export const summaryJson = (report: RepeatReport) => `${JSON.stringify(report, null, 2)}\n`;

/** Each as a whole; what cannot be written is told, and keeps nothing back. */
export function writeSummaries(report: RepeatReport, say: (text: string) => void): void {
  const texts = [
    [SUMMARY_FILES.markdown, summaryMarkdown],
    [SUMMARY_FILES.csv, summaryCsv],
    [SUMMARY_FILES.json, summaryJson],
  ] as const;
  try {
    for (const [name, render] of texts) writeWhole(join(report.directory, name), render(report));
  } catch (error) {
    say(`kept: the tables could not be written to ${report.directory}: ${messageOf(error)}\n`);
  }
}

function titleOf({ directory, name, suite, repetitions, seed, claim }: RepeatReport): string {
  const what = suite === null ? name : `the suite ${suite}`;
  return `${directory}: ${what}, ${counted(repetitions, 'time')}, first seed ${seed}, claim "${claim}"`;
}

function troublesOf({ missing, foreign, unreadable }: RepeatReport): string[] {
  return [
    ...(missing === 0 ? [] : [`${counted(missing, 'run is', 'runs are')} still to be carried out.`]),
    ...foreign.map((path) => `The run ${path} is not of this repeat, and left out.`),
    ...unreadable.map(({ directory, why }) => `Left out is ${directory}: ${why}.`),
  ];
}
