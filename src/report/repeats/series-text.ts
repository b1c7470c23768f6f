import { counted as countOf, grouped, sentence } from '../../core/words.ts';
import { paragraph } from '../text/paragraphs.ts';
import {
  alignedLines,
  FINDING_HEAD,
  findingCells,
  likelyText,
  markdownLines,
  MEASURE_HEAD,
  measureCells,
  MEASURES,
  occurrenceText,
  percent,
  type Table,
} from './tables.ts';
import { isCounted } from './run-figures.ts';
import type { Series } from './series.ts';

/** What is known of repeated runs, for people: for a terminal, or in Markdown. */

/** In one line what ran. */
export function systemLine({ settings, mixed }: Pick<Series, 'settings' | 'mixed'>): string {
  const mode = settings['mode'] === undefined ? '' : ` (${settings['mode']})`;
  const kafka =
    settings['world'] === 'simulated' ? `SIMULATED Kafka${mode}` : `Kafka ${settings['Kafka'] ?? ''}${mode}`;
  const replicas = settings['replication factor'];
  const parts = [
    kafka.replaceAll('  ', ' '),
    settings['lab'] === undefined || settings['lab'] === 'netns' ? '' : `lab ${settings['lab']}`,
    settings['acks'] === undefined ? '' : `acks=${settings['acks']}`,
    replicas === undefined ? '' : `${replicas} replicas, min. in sync ${settings['min.insync.replicas']}`,
    mixed.length === 0 ? '' : `the runs differ in ${mixed.join(', ')}`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

/** What the runs come to: the verdict of all, and what it rests on, in sentences. */
export function conclusionOf(series: Series): { verdict: string; sentences: string[] } {
  const { counted, invalid, inconclusive, losing, cutShortInvalid } = series;
  const proven =
    cutShortInvalid === 0
      ? []
      : [
          `${countOf(cutShortInvalid, 'run')} that did not come to the end ${cutShortInvalid === 1 ? 'is' : 'are'} invalid all the same.`,
        ];
  if (counted === 0)
    return {
      verdict: cutShortInvalid > 0 ? 'INVALID' : 'INCONCLUSIVE',
      sentences: ['No run counts, so there are no figures.', ...proven],
    };
  const verdict = invalid + cutShortInvalid > 0 ? 'INVALID' : inconclusive > 0 ? 'INCONCLUSIVE' : 'VALID';
  if (losing.runs > 0) {
    const how = invalid === 0 ? ', which the claim permits' : '';
    const likely =
      counted === 1 ? '' : ` So, with a confidence of 95 %, do ${likelyText(losing)} of all such runs.`;
    return {
      verdict,
      sentences: [
        `${counted === 1 ? 'The run' : `${occurrenceText(losing)} runs`} lost records${how}.${likely}`,
        ...proven,
      ],
    };
  }
  const bound = losing.interval!.high;
  const limits =
    counted === 1
      ? 'One run says nothing about how often others do.'
      : `That is no proof that none does: with a confidence of 95 %, at most ${percent(bound)} of all such runs do.`;
  return {
    verdict,
    sentences: [
      `${counted === 1 ? 'The run lost nothing' : `None of ${grouped(counted)} runs lost anything`}. ${limits}`,
      ...(invalid > 0 ? [`${countOf(invalid, 'run')} had other findings.`] : []),
      ...proven,
    ],
  };
}

/** How many runs there are of which sort. */
export function countsLine(series: Series): string {
  const { total, valid, invalid, inconclusive, cutShort } = series;
  const parts = [`${grouped(valid)} valid`, `${grouped(invalid)} invalid`];
  if (inconclusive > 0) parts.push(`${grouped(inconclusive)} inconclusive`);
  if (cutShort > 0) parts.push(`${grouped(cutShort)} cut short`);
  return `${countOf(total, 'run')}: ${parts.join(', ')}`;
}

/** Why some runs give no figures, in sentences. */
export function apartSentences(series: Series): string[] {
  const { inconclusive, cutShort, reasons } = series;
  const told: string[] = [];
  if (inconclusive > 0) {
    const why = reasons.map(({ reason, runs }) => `${grouped(runs)} × ${sentence(reason)}`).join(' ');
    told.push(`Inconclusive runs are neither losses nor successes, and give no figures: ${why}`);
  }
  if (cutShort > 0) told.push('Runs that did not come to their end give no figures either.');
  return told;
}

/** The tables of a series. */
export function tablesOf(series: Series): Table[] {
  if (series.counted === 0) return [];
  const tables: Table[] = [
    {
      title: `Figures of ${countOf(series.counted, 'run')}`,
      rows: [
        ['', ...MEASURE_HEAD],
        ...MEASURES.map(({ name, of, text }) => [name, ...measureCells(of(series), text)]),
      ],
    },
  ];
  if (series.findings.length > 0)
    tables.push({ title: 'Findings', rows: [FINDING_HEAD, ...series.findings.map(findingCells)] });
  return tables;
}

export function seriesText(series: Series, columns: number): string {
  const { verdict, sentences } = conclusionOf(series);
  const lines = [
    ...paragraph(`${series.scenario}: ${systemLine(series)}`, columns, '  ', ''),
    ...paragraph(countsLine(series), columns, '  '),
    ...paragraph(sentences.join(' '), columns, '  ', `${verdict}  `),
    ...apartSentences(series).flatMap((text) => paragraph(text, columns, '  ')),
  ];
  for (const { title, rows } of tablesOf(series)) lines.push('', title, ...alignedLines(rows, '  '));
  return `${lines.join('\n')}\n`;
}

/** With a row for each run at the end. @param nameOf how a run directory is called. */
export function seriesMarkdown(series: Series, nameOf: (directory: string) => string): string {
  const { verdict, sentences } = conclusionOf(series);
  const lines = [
    `## ${series.scenario}`,
    '',
    `${systemLine(series)}. ${sentence(countsLine(series))}`,
    '',
    `**${verdict}**: ${sentences.join(' ')}`,
    ...apartSentences(series).flatMap((text) => ['', text]),
  ];
  for (const { title, rows } of tablesOf(series)) lines.push('', `### ${title}`, '', ...markdownLines(rows));
  if (series.runs.length > 0) lines.push('', '### Runs', '', ...markdownLines(runRows(series, nameOf)));
  return `${lines.join('\n')}\n`;
}

function runRows(series: Series, nameOf: (directory: string) => string): string[][] {
  return [
    ['run', 'seed', 'verdict', 'acknowledged', 'lost', 'counts'],
    ...series.runs.map((run) => [
      nameOf(run.directory),
      String(run.seed),
      run.verdict,
      grouped(run.acknowledged),
      grouped(run.lost),
      isCounted(run) ? 'yes' : run.status === 'complete' ? 'no: inconclusive' : 'no: cut short',
    ]),
  ];
}
