import { counted, grouped, moment } from '../../core/words.ts';
import { findingHeadline } from '../../checker/findings/finding-words.ts';
import pc from 'picocolors';
import { EXIT } from '../../core/failure.ts';
import { nameOfClient } from '../../history/client-info.ts';
import type { Run } from '../../history/run.ts';
import type { Finding, Result, Verdict } from '../../checker/result.ts';
import { type Availability, availabilityOf } from '../figures/availability.ts';
import { faultSpansOf } from '../timeline/faults.ts';
import type { FaultSpan } from '../timeline/faults.ts';
import { leadingByPartition } from '../timeline/leading.ts';
import { notesOf } from './notes.ts';
import { byCause, type CauseGroup } from './causes.ts';
import { verdictInWords, whenInWords } from './headline.ts';
import { COLUMNS_DEFAULT, paragraph } from './paragraphs.ts';
import { describeFinding, describeSetting, judgementInWords } from './phrases.ts';

export interface TextOptions {
  /** Colours for a terminal; plain text otherwise. */
  color: boolean;
  /** How wide a line may be. */
  columns?: number;
  /** If it is known already; it takes passes over the whole history. `left out`: nothing is said of it. */
  availability?: Availability | 'left out' | null;
  /** Where the run is kept and where its picture is, as paths that a person can type. */
  directory?: string;
  picture?: string;
}

type Colours = ReturnType<typeof pc.createColors>;

/** What all parts of the text are written with. */
interface Page {
  columns: number;
  colours: Colours;
  faults: readonly FaultSpan[];
  /** What wrote, as a finding calls it that blames it. */
  client: string;
}

/** Findings told in full; the rest is in results.json. */
const FINDINGS_MAX = 8;
/** Faults whose recovery is listed; the slowest ones where there are more. */
const RECOVERIES_MAX = 10;
const ZOMBIES_MAX = 4;
const NOTES_MAX = 10;

/** The block that a run or a check ends with: the verdict, the figures behind it, and every finding in words. */
export function renderText(result: Result, run: Run, options: TextOptions): string {
  const colours = pc.createColors(options.color);
  const page: Page = {
    columns: options.columns ?? COLUMNS_DEFAULT,
    colours,
    faults: faultSpansOf(run.events),
    client:
      run.info.client === undefined
        ? 'the client library'
        : `the client library (${nameOfClient(run.info.client)})`,
  };
  const causes = byCause(result);
  const blocks = [
    headlineOf(result, causes, run, page),
    countsOf(result, page),
    transactionsOf(result, page),
    groupOf(result, page),
    copiesOf(result, page),
    findingsOf(causes, page),
    options.availability === 'left out'
      ? ''
      : availabilityText(run, options.availability ?? availabilityOf(run), page),
    notesText(run, page),
    closingOf(result, options),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

const VERDICT_STYLE: Record<Verdict, 'green' | 'red' | 'yellow'> = {
  valid: 'green',
  invalid: 'red',
  inconclusive: 'yellow',
};

/** Line 1: the verdict, and what of it is permitted. Line 2: under which fault, and when. Then why, and what ran. */
function headlineOf(result: Result, causes: readonly CauseGroup[], run: Run, page: Page): string {
  const { columns, colours, faults } = page;
  const badge = result.verdict.toUpperCase();
  const [verdict = '', ...more] = paragraph(
    verdictInWords(result),
    columns,
    '  ',
    ' '.repeat(badge.length + 2),
  );
  const [cause] = causes;
  const when = result.verdict === 'invalid' && cause !== undefined ? whenInWords(cause, faults) : null;
  return [
    `${colours.bold(colours[VERDICT_STYLE[result.verdict]](badge))}  ${colours.bold(verdict.trimStart())}`,
    ...more.map(colours.bold),
    ...(when === null ? [] : paragraph(when, columns, '  ')),
    ...result.reasons.flatMap((reason) => paragraph(reason, columns, '  ')),
    ...paragraph(`${run.info.scenario.title}. ${describeSetting(run.info)}`, columns, '  ').map(colours.dim),
  ].join('\n');
}

/** The counts that every run has, and of the anomalies those that occurred. */
function countsOf({ counts, claim, transactions }: Result, page: Page): string {
  const { unpromised } = transactions ?? { unpromised: 0 };
  const rows: CountRow[] = [
    ['attempted', counts.attempted],
    ['acknowledged', counts.ok],
    ...present('sent', counts.sent, 'acks=0: there are no answers'),
    ['failed', counts.fail, counts.fail === 0 ? undefined : 'proven not to have been written'],
    [
      'unknown',
      counts.info,
      counts.info === 0
        ? undefined
        : `${grouped(counts['info-found'])} of them were in the log${unpromised === 0 ? '' : `; ${grouped(unpromised)} were acknowledged, but in a transaction that was not committed, which promises nothing`}`,
    ],
    ['found', counts.found, 'different values that the final scan returned'],
    [
      'lost',
      counts.lost,
      counts.lost === 0 ? undefined : `${share(counts.lost, counts.ok)} of what was acknowledged`,
    ],
    ...present('lost after read', counts['lost-after-read'], 'a reader had already seen them'),
    ...present('divergent', counts.divergent, 'offsets with more than one value'),
    ...present('misplaced', counts.misplaced, 'found at another offset than the acknowledged one'),
    ...present('duplicate', counts.duplicate, 'stored more than once'),
    ...present('aborted read', counts['aborted-read'], 'failed or aborted, and shown all the same'),
    ...present('torn', counts.torn, 'transactions of which only a part took effect'),
    ...present('lost committed', counts['lost-committed'], 'committed transactions that are not shown whole'),
    ...present('dirty read', counts['dirty-read'], 'read before the commit was asked for'),
    ...present('merged', counts.merged, 'transactions that were ended together with another one'),
    ...present('split', counts.split, 'transactions that were ended in the middle'),
    ...present('zombie commit', counts['zombie-commit'], 'of instances that had been fenced'),
    ...present('stuck readers', counts['lso-stuck'], 'partitions that wait for a transaction without an end'),
    ...present('group skipped', counts['group-skipped'], 'committed by the group, and handed to no member'),
    ...present('offset regressed', counts['offset-regressed'], 'told smaller than it was committed'),
    ...present('offset lost', counts['offset-lost'], 'told as none although one was committed'),
    ...present('offset phantom', counts['offset-phantom'], 'told, and never committed'),
    ...present('zombie offset', counts['zombie-offset'], 'commits of a generation that was over'),
    ...present('copied twice', counts['eos-duplicate'], 'records of which there is more than one copy'),
    ...present('not copied', counts['eos-missing'], 'their offsets are committed, and there is no copy'),
    ...present('copied ahead', counts['eos-ahead'], 'there is a copy, and their offsets are not committed'),
    ...present('copied behind', counts['eos-reordered'], 'behind the copy of a later record'),
    ...present('phantom', counts.phantom, 'records that no write explains'),
    ...present('reordered', counts.reordered, 'partitions whose log contradicts real time'),
    ...present('producer order', counts['producer-order'], 'behind one that the same producer sent later'),
    ...present('end regressed', counts['end-regressed'], 'end offsets smaller than one seen before'),
    ...present('skipped', counts.skipped, 'a reader went past them, and another one was given them'),
    ...present('non-monotonic', counts['non-monotonic-read'], 'handed over by a reader that went back'),
    ...present('unexplained', counts['unexplained-offset'], 'empty offsets that no write explains'),
    ...present('unread', counts.unread, 'acknowledged, but no scan covered them'),
    ...present('sent missing', counts['sent-missing'], 'sent with acks=0, not in the log'),
  ];
  const heading =
    claim === 'kept'
      ? 'Writes (claim: everything acknowledged is kept)'
      : 'Writes (claim: only what Kafka’s contract promises)';
  return tableOf(heading, rows, page);
}

type CountRow = [name: string, count: number, note?: string | undefined];

function tableOf(heading: string, rows: readonly CountRow[], { columns }: Page): string {
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const countWidth = Math.max(...rows.map(([, count]) => grouped(count).length));
  const table = rows.flatMap(([name, count, note = '']) => {
    const head = `  ${name.padEnd(nameWidth)}  ${grouped(count).padStart(countWidth)}`;
    return note === '' ? head : paragraph(note, columns, ' '.repeat(head.length + 2), `${head}  `);
  });
  return [heading, ...table].join('\n');
}

/** What became of the transactions, where there are any. */
function transactionsOf({ transactions }: Result, page: Page): string {
  if (transactions === undefined) return '';
  const { committed, aborted, unknown } = transactions;
  return tableOf(
    'Transactions',
    [
      ['committed', committed],
      ['aborted', aborted],
      ...present('unknown', unknown, 'it is not known whether they were committed'),
    ],
    page,
  );
}

/** What was copied, where anything was to be. */
function copiesOf({ copies }: Result, page: Page): string {
  if (copies === undefined) return '';
  const { records, due, copied } = copies;
  return tableOf(
    'Copies (each record below the committed offset once, and no other one)',
    [
      ['records', records],
      ['due', due, 'below what the group had committed in the end'],
      ['copied', copied, 'of which there is a copy that is committed'],
    ],
    page,
  );
}

/** What the consumer group went through, where there is one. */
function groupOf({ group }: Result, page: Page): string {
  if (group === undefined) return '';
  const { members, lives, assignments, killed, paused, left, commits } = group;
  const { handed, handedAgain, windowMax, answers, staleAnswers } = group;
  return tableOf(
    `Consumer group of ${counted(members, 'member')}`,
    [
      ['joined', lives, `killed ${grouped(killed)}, paused ${grouped(paused)}, left ${grouped(left)}`],
      ['assignments', assignments],
      ['handed out', handed],
      [
        'handed again',
        handedAgain,
        handedAgain === 0
          ? undefined
          : `after a rebalance; at most ${grouped(windowMax)} of one partition to one member`,
      ],
      ...present('committed', commits.ok, ''),
      ...present('commits unknown', commits.unknown, 'refused, or without an answer'),
      ['offsets told', answers, 'how often the coordinator was asked from outside, and answered'],
      ...present(
        'out of date',
        staleAnswers,
        'of partitions, by a coordinator that may have been replaced; permitted',
      ),
    ],
    page,
  );
}

function present(name: string, count: number, note: string): [string, number, string][] {
  return count === 0 ? [] : [[name, count, note]];
}

/** `61.9 %`, and never `0.0 %` for something that is there. */
function share(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : (100 * part) / whole;
  return percent > 0 && percent < 0.1 ? 'less than 0.1 %' : `${percent.toFixed(1)} %`;
}

/** Cause by cause, the gravest and largest first, and of each cause its largest findings. */
function findingsOf(causes: readonly CauseGroup[], page: Page): string {
  if (causes.length === 0) return '';
  const { columns, colours } = page;
  const labels = new Map(page.faults.map(({ id, label }) => [id, label]));
  const told = toldOfEach(causes.map(({ findings }) => findings.length));
  const lines = causes.flatMap((cause, index) => {
    const [first] = cause.findings;
    const findings = cause.findings.slice(0, told[index]);
    if (findings.length === 0) return [];
    const mark = first.judgement === 'violation' ? colours.red('✗') : colours.yellow('•');
    if (cause.findings.length === 1) return findingLines(first, page, labels, { mark, withReason: true });
    const headline = `${findingHeadline(first.kind, cause.count)}, in ${counted(cause.findings.length, 'group')}.`;
    return [
      ...marked(paragraph(`${headline} ${judgementInWords(first)}`, columns, '    '), mark, '  '),
      ...findings.flatMap((finding) => findingLines(finding, page, labels, { mark: '-', withReason: false })),
    ];
  });
  const left = sum(causes.map(({ findings }) => findings.length)) - sum(told);
  if (left > 0) lines.push(`  … and ${grouped(left)} more: see results.json`);
  return ['Findings', ...lines].join('\n');
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

/** Of each cause at least one finding is told, as long as there is room, and of the first ones all that fit. */
function toldOfEach(sizes: readonly number[]): number[] {
  let left = FINDINGS_MAX - Math.min(FINDINGS_MAX, sizes.length);
  return sizes.map((size, index) => {
    if (index >= FINDINGS_MAX) return 0;
    const more = Math.min(size - 1, left);
    left -= more;
    return 1 + more;
  });
}

function findingLines(
  finding: Finding,
  { columns, client }: Page,
  labels: ReadonlyMap<string, string>,
  { mark, withReason }: { mark: string; withReason: boolean },
): string[] {
  const [outer, indent] = withReason ? ['  ', '    '] : ['    ', '      '];
  const text = describeFinding(finding, labels, { withReason });
  const lines = marked(paragraph(text, columns, indent), mark, outer);
  if (withReason && finding.blame === 'client') {
    const whom = finding.reader === undefined ? client : 'the reader';
    lines.push(...paragraph(`The evidence points at ${whom}, not at the broker.`, columns, indent));
  }
  if (withReason && finding.blame === 'protocol')
    lines.push(
      ...paragraph(
        'The evidence points at the protocol, which no broker and no client can mend alone.',
        columns,
        indent,
      ),
    );
  if (finding.values !== '') lines.push(...paragraph(`Values: ${finding.values}`, columns, indent));
  return lines;
}

/** A paragraph with a mark before its first line. */
function marked([first = '', ...rest]: readonly string[], mark: string, indent: string): string[] {
  return [`${indent}${mark} ${first.trimStart()}`, ...rest];
}

function availabilityText(run: Run, availability: Availability, page: Page): string {
  const { columns, colours, faults } = page;
  // With acks=0 there are no answers, so nothing tells whether a broker was there.
  if (run.info.contract.acks === 0 || availability.phases.length === 0) return '';
  const rates = availability.phases.map(({ name, ackedPerSecond }) => `${name} ${grouped(ackedPerSecond)}/s`);
  const lines = [
    ...paragraph(`acknowledged: ${rates.join(', ')}`, columns, '  '),
    ...latencyLines(availability, page),
    ...errorLines(availability, page),
  ];
  const gap = availability.longestGap;
  if (gap !== null) {
    const lasted = moment(gap.toNs - gap.fromNs);
    const text = `longest time without an acknowledgement: ${lasted}, from ${moment(gap.fromNs)}`;
    lines.push(...paragraph(text, columns, '  '));
  }
  const labels = new Map(faults.map((fault) => [fault.id, fault.label]));
  const progress = new Map(availability.faults.map(({ fault, ackedPerSecond }) => [fault, ackedPerSecond]));
  const slowestFirst = availability.recoveries.toSorted(
    (a, b) => (b.firstAckAfterNs ?? Infinity) - (a.firstAckAfterNs ?? Infinity) || a.timeNs - b.timeNs,
  );
  const listed = new Set(slowestFirst.slice(0, RECOVERIES_MAX));
  for (const recovery of availability.recoveries.filter((candidate) => listed.has(candidate))) {
    const what =
      recovery.after === 'strike' ? labels.get(recovery.fault) : `end of ${labels.get(recovery.fault)}`;
    const after =
      recovery.firstAckAfterNs === null
        ? colours.yellow('no write begun after it was acknowledged')
        : `next acknowledged write after ${moment(recovery.firstAckAfterNs)}`;
    const rate = recovery.after === 'strike' ? progress.get(recovery.fault) : undefined;
    const meanwhile = rate === undefined ? '' : `, ${grouped(rate)}/s meanwhile`;
    const head = `  ${moment(recovery.timeNs)}  `;
    lines.push(
      ...paragraph(`${what ?? recovery.fault}: ${after}${meanwhile}`, columns, ' '.repeat(head.length), head),
    );
  }
  const unlisted = availability.recoveries.length - listed.size;
  if (unlisted > 0) lines.push(`  … and ${grouped(unlisted)} quicker ones`);
  return ['Availability for writing', ...lines, ...zombieLines(run, page)].join('\n');
}

function latencyLines({ latency }: Availability, { columns }: Page): string[] {
  if (latency === null) return [];
  // One unit for all three of them.
  const inMs = latency.maxMs < 1000;
  const [half, most, slowest] = [latency.p50Ms, latency.p99Ms, latency.maxMs].map((ms) =>
    inMs ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(3)} s`,
  );
  const text = `latency since a write was due: half ${half}, 99 % ${most}, the slowest ${slowest}`;
  return paragraph(text, columns, '  ');
}

const ERRORS_TOLD = 4;

function errorLines({ errors }: Availability, { columns }: Page): string[] {
  if (errors.length === 0) return [];
  const told = errors.slice(0, ERRORS_TOLD).map(({ outcome, error, share: part }) => {
    const name = error ?? (outcome === 'fail' ? 'failed' : 'unknown');
    return `${share(part, 1)} ${name}${outcome === 'info' && error !== null ? ' (unknown)' : ''}`;
  });
  if (errors.length > ERRORS_TOLD) told.push('…');
  return paragraph(`not acknowledged: ${told.join(', ')}`, columns, '  ');
}

function notesText(run: Run, { columns }: Page): string {
  const notes = notesOf(run);
  if (notes.length === 0) return '';
  const told = notes.slice(0, NOTES_MAX).flatMap((text) => paragraph(text, columns, '  '));
  if (notes.length > NOTES_MAX) told.push(`  … and ${grouped(notes.length - NOTES_MAX)} more`);
  return ['Notes', ...told].join('\n');
}

/** A leader that does not know of its successor is why an isolated broker is worse than a dead one. */
function zombieLines({ info, events }: Run, { columns }: Page): string[] {
  const lastNs = events.reduce((last, event) => ('timeNs' in event ? Math.max(last, event.timeNs) : last), 0);
  const zombies = [...leadingByPartition(info.nodes, events, lastNs)].flatMap(([partition, lanes]) =>
    lanes.flatMap(({ node, leading }) =>
      leading.flatMap(({ zombieFromNs, toNs }) =>
        zombieFromNs === null ? [] : [{ node: node.name, partition, fromNs: zombieFromNs, toNs }],
      ),
    ),
  );
  const told = zombies.toSorted((a, b) => b.toNs - b.fromNs - (a.toNs - a.fromNs)).slice(0, ZOMBIES_MAX);
  return told.flatMap(({ node, partition, fromNs, toNs }) =>
    paragraph(
      `${node} went on leading partition ${partition} for ${moment(toNs - fromNs)} after another broker had taken over, until ${moment(toNs)}`,
      columns,
      '  ',
    ),
  );
}

const EXIT_MEANING: Record<Verdict, string> = {
  valid: 'the claim holds',
  invalid: 'the claim does not hold',
  inconclusive: 'the run could not decide it',
};

function closingOf(result: Result, { directory, picture }: TextOptions): string {
  const lines = [];
  if (directory !== undefined)
    lines.push(`Run:     ${directory}  (decide again with: kept check ${directory})`);
  if (picture !== undefined) lines.push(`Picture: ${picture}`);
  lines.push(`Exit status ${EXIT[result.verdict]}: ${EXIT_MEANING[result.verdict]}.`);
  return lines.join('\n');
}
