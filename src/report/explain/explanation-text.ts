import pc from 'picocolors';
import { capitalised, counted, grouped, listed, moment, sentence } from '../../core/words.ts';
import { findingHeadline } from '../../checker/findings/finding-words.ts';
import { COLUMNS_DEFAULT, paragraph } from '../text/paragraphs.ts';
import type { Explanation, FindingAbout, Holder, Life, Place, Step } from './life.ts';
import { stepInWords } from './step-words.ts';

/** Steps of one kind that are told; a long fault may be followed by hundreds of elections. JSON has all of them. */
const OF_ONE_KIND_MAX = 10;

/** An explanation for people. */
export function explanationText(
  explanation: Explanation,
  { color = false, columns = COLUMNS_DEFAULT }: { color?: boolean; columns?: number } = {},
): string {
  const { bold } = pc.createColors(color);
  const { finding, offset, records, damage } = explanation;
  const blocks: string[][] = [];
  if (finding !== undefined) {
    const text = `Finding ${finding.number} of ${finding.of}: ${finding.text}`;
    const untold = finding.finding.count - records.length;
    const more = untold > 0 ? ` Told are ${counted(records.length, 'example')} of it.` : '';
    blocks.push(paragraph(`${text}${more}`, columns, '  ', '').map(bold));
  }
  if (offset !== undefined) {
    const lines = paragraph(sentence(holderInWords(offset.holder)), columns, '  ', '').map(bold);
    if (records.length === 0)
      lines.push(...paragraph('No record of this run was acknowledged or returned there.', columns, '  '));
    blocks.push(lines);
  }
  for (const life of records) blocks.push(...lifeBlocks(life, { bold, columns }));
  if (damage.length > 0) {
    const lines = damage.flatMap(({ file, detail }) =>
      paragraph(`${file} is damaged: ${detail}`, columns, '  '),
    );
    const warning = paragraph('What is missing there may have told more of this.', columns, '  ');
    blocks.push([bold('Damage'), ...lines, ...warning]);
  }
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

interface Page {
  bold: (text: string) => string;
  columns: number;
}

function lifeBlocks(life: Life, { bold, columns }: Page): string[][] {
  const told = shortened(life.steps);
  const width = Math.max(0, ...told.steps.map(({ timeNs }) => moment(timeNs).length));
  const lines = told.steps.flatMap((step) => {
    const head = `  ${moment(step.timeNs).padStart(width)}  `;
    return paragraph(stepInWords(step), columns, ' '.repeat(head.length), head);
  });
  for (const text of told.left) lines.push(...paragraph(text, columns, '  '));
  const now = [standingInWords(life), ...life.holders.map(holderInWords)];
  return [
    [...paragraph(headlineOf(life), columns, '  ', '').map(bold), '', ...lines],
    [bold('In the end'), ...now.flatMap((text) => paragraph(sentence(text), columns, '  '))],
    findingLines(life.findings, { bold, columns }),
    ...(life.notKnown.length === 0
      ? []
      : [[bold('Not known'), ...life.notKnown.flatMap((text) => paragraph(text, columns, '    ', '  - '))]]),
  ];
}

/** The first steps of each kind, and in sentences how many are left out. */
function shortened(steps: readonly Step[]): { steps: Step[]; left: string[] } {
  const counts = new Map<Step['what'], number>();
  const told = steps.filter(({ what }) => {
    const count = (counts.get(what) ?? 0) + 1;
    counts.set(what, count);
    return count <= OF_ONE_KIND_MAX;
  });
  const left = [...counts].flatMap(([what, count]) =>
    count > OF_ONE_KIND_MAX
      ? [
          `… and ${grouped(count - OF_ONE_KIND_MAX)} more steps “${what.replaceAll('-', ' ')}” (--json has all).`,
        ]
      : [],
  );
  return { steps: told, left };
}

const OUTCOME_WORDS = {
  ok: 'acknowledged',
  sent: 'sent with acks=0',
  fail: 'failed',
  info: 'of unknown outcome',
} as const;

const WHERE_WORDS: Record<Life['standing']['where'], string> = {
  once: 'and found once',
  'more-than-once': 'and found more than once',
  nowhere: 'and not found in the end',
  'not-known': 'and whether it is there in the end is not known',
};

/** `Record w4:132: acknowledged, and not found in the end`. */
function headlineOf({ value, writes, transaction, standing }: Life): string {
  const outcomes = [...new Set(writes.map(({ outcome }) => OUTCOME_WORDS[outcome]))];
  const became = outcomes.length === 0 ? 'without a row of its write' : outcomes.join(' and ');
  const within = transaction === undefined ? '' : TRANSACTION_WORDS[transaction.outcome];
  return `Record ${value}: ${became}${within}, ${WHERE_WORDS[standing.where]}`;
}

const TRANSACTION_WORDS = {
  committed: ' in a transaction that was committed',
  aborted: ' in a transaction that was aborted',
  unknown: ' in a transaction of unknown outcome',
} as const;

function standingInWords({ standing: { where, places, scans } }: Life): string {
  const read = scans.filter(({ covered }) => covered);
  const by = scans.length > 1 ? ` (${counted(scans.length, 'final scan')})` : '';
  if (places.length > 0) {
    const at = listed(places.map(placeName));
    return where === 'once'
      ? `the final scan found it once, at ${at}${by}`
      : `the final scan found it ${counted(places.length, 'time')}: at ${at}${by}`;
  }
  if (where === 'nowhere')
    return read.length > 1
      ? `${counted(read.length, 'final scan')} read the partition, and none found it`
      : 'the final scan read the partition, and did not find it';
  return scans.length === 0
    ? 'no final scan of its partition is in the history'
    : 'the final scan did not find it in what it read, which is not all that it could be in';
}

/** `offset 1,060 of partition 0 holds w2:327; w4:132 was acknowledged there, too`. */
export function holderInWords(holder: Holder): string {
  const { what, value, integrity, marker, end = 0, acknowledged } = holder;
  const name = placeName(holder);
  const now = {
    record: `${name} holds ${value}`,
    phantom: `${name} holds a record that no write explains (${integrity})`,
    marker: `${name} holds a marker, ${marker === 'commit' ? 'a commit' : 'an abort'}`,
    hole: `${name} is empty: the final scan read beyond it, and was given nothing there`,
    'beyond-end': `${name} is beyond the log, which ends at ${grouped(end)}`,
    'not-known': `what stands at ${name} is not known: no final scan read so far`,
  }[what];
  const others = acknowledged.map(
    ({ value: other, timeNs }) => `${other}${timeNs === null ? '' : ` at ${moment(timeNs)}`}`,
  );
  return others.length === 0 ? now : `${now}; acknowledged there: ${listed(others)}`;
}

const placeName = ({ partition, offset }: Place) => `offset ${grouped(offset)} of partition ${partition}`;

function findingLines(findings: readonly FindingAbout[], { bold, columns }: Page): string[] {
  if (findings.length === 0) return [bold('Findings'), '  None is about this record.'];
  return [
    bold('Findings'),
    ...findings.flatMap((finding) => {
      const mark = `  ${finding.number}. `;
      return paragraph(findingInWords(finding), columns, ' '.repeat(mark.length), mark);
    }),
  ];
}

const BLAME_WORDS: Record<FindingAbout['blame'], string> = {
  broker: 'The evidence points at the broker.',
  protocol: 'The evidence points at the protocol.',
  client: 'The evidence points at the client library.',
  unknown: 'At whom the evidence points is not known.',
};

function findingInWords(finding: FindingAbout): string {
  const { kind, loss, count, about, judgement, reason, blame, reader, detail, endedBy } = finding;
  const parts = [
    `${capitalised(kind.replaceAll('-', ' '))}${loss === undefined ? '' : ` (${loss})`}${about === undefined ? '' : `, of its ${about}`}`,
    ...(count === 1 ? [] : [`one of “${findingHeadline(kind, count)}”`]),
    ...(detail === undefined ? [] : [detail]),
  ];
  return [
    sentence(parts.join('; ')),
    ...(endedBy === undefined ? [] : [sentence(endedBy)]),
    sentence(`${judgement}: ${reason}`),
    reader !== undefined && blame === 'client'
      ? `The evidence points at the reader “${reader}”.`
      : BLAME_WORDS[blame],
  ].join(' ');
}
