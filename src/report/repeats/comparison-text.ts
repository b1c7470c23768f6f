import { counted as countOf, grouped } from '../../core/words.ts';
import { paragraph } from '../text/paragraphs.ts';
import type { Comparison, Side, Test } from './comparison.ts';
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
  remarksOn,
  type Table,
} from './tables.ts';

/** Runs side by side, for people: for a terminal, or in Markdown. */

export function comparisonText(comparison: Comparison, columns: number): string {
  const { sides, differences, scenario } = comparison;
  const lines: string[] = scenario === null ? [] : [scenario, ''];
  lines.push(...sides.flatMap((side) => paragraph(sideLine(side), columns, '   ', `${side.letter}  `)));
  lines.push('', 'Settings that differ');
  if (differences.length === 0) lines.push('  none');
  const width = Math.min(30, Math.max(0, ...differences.map(({ name }) => name.length)));
  for (const difference of differences) {
    const [head = '', ...more] = valueWords(difference.values, sides);
    const indent = ' '.repeat(width + 4);
    lines.push(...paragraph(head, columns, indent, `  ${difference.name.padEnd(width)}  `));
    for (const words of more) lines.push(...paragraph(words, columns, indent));
  }
  for (const { title, rows } of tablesOf(sides)) lines.push('', title, ...alignedLines(rows, '  '));
  lines.push('', 'More than chance?');
  lines.push(...answersOf(comparison).flatMap((text) => paragraph(text, columns, '    ', '  ')));
  for (const remark of remarksOn(sides.map(({ series }) => series)))
    lines.push(...paragraph(remark, columns, '    ', '  '));
  return `${lines.join('\n')}\n`;
}

export function comparisonMarkdown(comparison: Comparison): string {
  const { sides, differences, scenario } = comparison;
  const lines = [
    `## ${scenario ?? 'Comparison'}`,
    '',
    ...sides.map((side) => `- **${side.letter}**: ${sideLine(side)}`),
    '',
    '### Settings that differ',
    '',
  ];
  if (differences.length === 0) lines.push('None.');
  else
    lines.push(
      ...markdownLines([
        ['setting', ...sides.map(({ letter }) => letter)],
        ...differences.map(({ name, values }) => [name, ...values.map((value) => value ?? '–')]),
      ]),
    );
  for (const { title, rows } of tablesOf(sides)) lines.push('', `### ${title}`, '', ...markdownLines(rows));
  lines.push('', '### More than chance?', '', ...answersOf(comparison).map((text) => `- ${text}`));
  const remarks = remarksOn(sides.map(({ series }) => series));
  if (remarks.length > 0) lines.push('', ...remarks);
  return `${lines.join('\n')}\n`;
}

function sideLine({ path, series }: Side): string {
  return `${path}: ${series.scenario}, ${countOf(series.total, 'run')}`;
}

/** Sides with the same value together: `1 in A, all in B and C`. */
function valueWords(values: readonly (string | null)[], sides: readonly Side[]): string[] {
  const letters = new Map<string | null, string[]>();
  for (const [index, value] of values.entries())
    letters.set(value, [...(letters.get(value) ?? []), sides[index]!.letter]);
  return [...letters].map(([value, those]) => `${those.join(', ')}: ${value ?? 'not told'}`);
}

function tablesOf(sides: readonly Side[]): Table[] {
  const tables: Table[] = [
    {
      title: 'Runs',
      rows: [
        ['', 'runs', 'valid', 'invalid', 'inconclusive', 'cut short', 'lose records', 'likely in'],
        ...sides.map(({ letter, series }) => [
          letter,
          ...[series.total, series.valid, series.invalid, series.inconclusive, series.cutShort].map(grouped),
          occurrenceText(series.losing),
          likelyText(series.losing),
        ]),
      ],
    },
  ];
  for (const { name, of, text } of MEASURES)
    tables.push({
      title: `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      rows: [
        ['', ...MEASURE_HEAD],
        ...sides.map(({ letter, series }) => [letter, ...measureCells(of(series), text)]),
      ],
    });
  const findings = sides.flatMap(({ letter, series }) =>
    series.findings.map((row) => [letter, ...findingCells(row)]),
  );
  if (findings.length > 0) tables.push({ title: 'Findings', rows: [['', ...FINDING_HEAD], ...findings] });
  return tables;
}

/** One sentence for each question that was asked; those that so few runs cannot answer, together. */
export function answersOf({ tests }: Comparison): string[] {
  const main = tests.filter((test) => test.main);
  const others = tests.filter((test) => !test.main);
  const silent = others.filter(({ answer }) => answer === 'too few' || answer === 'unknown');
  const told = others.filter((test) => !silent.includes(test));
  return [
    ...main.map(answerText),
    ...told.map(answerText),
    ...(silent.length === 0
      ? []
      : [`${countOf(silent.length, 'other question')} could not be answered from so few runs.`]),
    ...(told.length === 0
      ? []
      : [`The p of the questions besides the first are adjusted to their number (${others.length}).`]),
  ];
}

function answerText({ what, sides: [one, other], test, counts, p, answer }: Test): string {
  const between = `${what}, ${one} and ${other}`;
  const [countOne, countOther] = counts;
  const pairs = test === null ? 0 : Math.max(test.superiority, 1 - test.superiority);
  switch (answer) {
    case 'more':
    case 'less': {
      const [high, low] = answer === 'more' ? [one, other] : [other, one];
      return `${between}: more than chance (p ${pText(p!)}). ${high} has more than ${low}, in ${pairs === 1 ? 'every pair' : `${percent(pairs)} of all pairs`} of runs.`;
    }
    case 'chance':
      return `${between}: the difference may be chance (p ${pText(p!)}).`;
    case 'none':
      return `${between}: no difference, all ${countOne + countOther} values are the same.`;
    case 'too few':
      return `${between}: not to be told from ${countOne} and ${countOther} runs. Even the largest difference could be chance (p is ${test!.pMin.toPrecision(2)} at least).`;
    case 'unknown':
      return `${between}: not known, for ${countOne === 0 ? one : other} has no run that counts.`;
  }
}

function pText(p: number): string {
  if (p < 0.0001) return '< 0.0001';
  return `= ${p.toFixed(p < 0.001 ? 4 : p < 0.1 ? 3 : 2)}`;
}
