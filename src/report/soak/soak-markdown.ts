import { NS_PER_MS } from '../../core/clock.ts';
import { counted, grouped, seconds } from '../../core/words.ts';
import { markdownLines } from '../repeats/tables.ts';
import { figureSentences } from './figure-sentences.ts';
import { costsTable, strikesTable, TABLE_NOTES, untestedSentences } from './fault-tables.ts';
import type { SoakReport } from './soak-report.ts';

/** A soak for a web page or an issue: what `soakText` says, in Markdown. */
export function soakMarkdown(report: SoakReport): string {
  const { verdict, periods, testedMs, counts, faults, reasons, notTested } = report;
  const costs = costsTable(faults);
  const tables = [...(faults.length === 0 ? [] : [strikesTable(faults)]), ...(costs === null ? [] : [costs])];
  const because = notTested.impossible.map(({ kind, because: why }) => `- without ${kind}: ${why}`);
  return [
    `# Soak: ${verdict}`,
    '',
    `${counted(periods.judged, 'period')}, ${seconds(testedMs * NS_PER_MS)} in all; ${grouped(counts.ok + counts.sent)} acknowledged, ${grouped(counts.fail)} failed, ${grouped(counts.info)} of unknown outcome.`,
    '',
    ...[...reasons, ...figureSentences(report)].map((each) => `- ${each}`),
    ...tables.flatMap(({ title, rows }) => ['', `## ${title}`, '', ...markdownLines(rows)]),
    ...(tables.length === 0 ? [] : ['', ...TABLE_NOTES]),
    '',
    '## Never tested',
    '',
    ...untestedSentences(report).map((text) => `- ${text}`),
    ...because,
    '',
  ].join('\n');
}
