import { grouped, moment, seconds } from '../../core/words.ts';
import pc from 'picocolors';
import { NS_PER_MS } from '../../core/clock.ts';
import { EXIT } from '../../core/failure.ts';
import type { Run } from '../../history/run.ts';
import type { Finding, Result, Verdict } from '../../checker/result.ts';
import { type Availability, availabilityOf } from '../figures/availability.ts';
import { faultSpansOf } from '../timeline/faults.ts';
import type { FaultSpan } from '../timeline/faults.ts';
import { leadingByPartition } from '../timeline/leading.ts';
import { notesOf } from './notes.ts';
import { describeFinding, describeSetting, verdictInWords } from './phrases.ts';

export interface TextOptions {
  /** Colours for a terminal; plain text otherwise. */
  color: boolean;
  /** If it is known already; it takes passes over the whole history. */
  availability?: Availability | null;
  /** Where the run is kept and where its picture is, as paths that a person can type. */
  directory?: string;
  picture?: string;
}

type Colours = ReturnType<typeof pc.createColors>;

const COLUMNS = 100;
/** Findings told in full; the rest is in results.json. */
const FINDINGS_MAX = 8;
/** Faults whose recovery is listed; the slowest ones where there are more. */
const RECOVERIES_MAX = 10;
const ZOMBIES_MAX = 4;
const NOTES_MAX = 10;

/** The block that a run or a check ends with: the verdict, the figures behind it, and every finding in words. */
export function renderText(result: Result, run: Run, options: TextOptions): string {
  const colours = pc.createColors(options.color);
  const faults = faultSpansOf(run.events);
  const blocks = [
    headlineOf(result, run, colours),
    countsOf(result),
    findingsOf(result, faults, colours),
    availabilityText(run, options.availability ?? availabilityOf(run), faults, colours),
    notesText(run),
    closingOf(result, options),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

const VERDICT_STYLE: Record<Verdict, 'green' | 'red' | 'yellow'> = {
  valid: 'green',
  invalid: 'red',
  inconclusive: 'yellow',
};

function headlineOf(result: Result, run: Run, colours: Colours): string {
  const badge = colours.bold(colours[VERDICT_STYLE[result.verdict]](result.verdict.toUpperCase()));
  return [
    `${badge}  ${colours.bold(verdictInWords(result))}`,
    ...result.reasons.flatMap((reason) => paragraph(reason, '  ')),
    ...paragraph(`${run.info.scenario.title}. ${describeSetting(run.info)}`, '  ').map(colours.dim),
  ].join('\n');
}

/** The counts that every run has, and of the anomalies those that occurred. */
function countsOf({ counts, claim }: Result): string {
  const rows: [name: string, count: number, note?: string | undefined][] = [
    ['attempted', counts.attempted],
    ['acknowledged', counts.ok],
    ...present('sent', counts.sent, 'acks=0: nobody answers'),
    ['failed', counts.fail, counts.fail === 0 ? undefined : 'proven not to have been written'],
    [
      'unknown',
      counts.info,
      counts.info === 0 ? undefined : `${grouped(counts['info-found'])} of them were in the log`,
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
    ...present('aborted read', counts['aborted-read'], 'failed, and in the log all the same'),
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
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const countWidth = Math.max(...rows.map(([, count]) => grouped(count).length));
  const table = rows.map(([name, count, note]) =>
    `  ${name.padEnd(nameWidth)}  ${grouped(count).padStart(countWidth)}${note === undefined ? '' : `  ${note}`}`.trimEnd(),
  );
  const heading =
    claim === 'kept'
      ? 'Writes (claim: everything acknowledged is kept)'
      : 'Writes (claim: only what Kafka’s contract promises)';
  return [heading, ...table].join('\n');
}

function present(name: string, count: number, note: string): [string, number, string][] {
  return count === 0 ? [] : [[name, count, note]];
}

/** `61.9 %`, and never `0.0 %` for something that is there. */
function share(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : (100 * part) / whole;
  return percent > 0 && percent < 0.1 ? 'less than 0.1 %' : `${percent.toFixed(1)} %`;
}

function findingsOf(result: Result, faults: readonly FaultSpan[], colours: Colours): string {
  if (result.findings.length === 0) return '';
  const labels = new Map(faults.map((fault) => [fault.id, fault.label]));
  const told = result.findings.slice(0, FINDINGS_MAX).map((finding) => findingText(finding, labels, colours));
  const untold = result.findings.length - told.length;
  if (untold > 0) told.push(`  … and ${grouped(untold)} more: see results.json`);
  return ['Findings', ...told].join('\n');
}

function findingText(finding: Finding, labels: ReadonlyMap<string, string>, colours: Colours): string {
  const mark = finding.judgement === 'violation' ? colours.red('✗') : colours.yellow('•');
  const [first = '', ...rest] = paragraph(describeFinding(finding, labels), '    ');
  const lines = [`  ${mark} ${first.trimStart()}`, ...rest];
  if (finding.blame === 'client') {
    const whom = finding.reader === undefined ? 'the client library' : 'the reader';
    lines.push(...paragraph(`The evidence points at ${whom}, not at the broker.`, '    '));
  }
  if (finding.values !== '') lines.push(...paragraph(`Values: ${finding.values}`, '    '));
  return lines.join('\n');
}

function availabilityText(
  run: Run,
  availability: Availability,
  faults: readonly FaultSpan[],
  colours: Colours,
): string {
  // With acks=0 nobody answers, so nothing tells whether anybody was there.
  if (run.info.contract.acks === 0 || availability.phases.length === 0) return '';
  const rates = availability.phases.map(({ name, ackedPerSecond }) => `${name} ${grouped(ackedPerSecond)}/s`);
  const lines = [
    `  acknowledged: ${rates.join(', ')}`,
    ...latencyLines(availability),
    ...errorLines(availability),
  ];
  const gap = availability.longestGap;
  if (gap !== null) {
    lines.push(
      `  longest time without an acknowledgement: ${seconds(gap.toNs - gap.fromNs)}, from ${moment(gap.fromNs)}`,
    );
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
        : `next acknowledged write after ${seconds(recovery.firstAckAfterNs)}`;
    const rate = recovery.after === 'strike' ? progress.get(recovery.fault) : undefined;
    const meanwhile = rate === undefined ? '' : `, ${grouped(rate)}/s meanwhile`;
    const head = `  ${moment(recovery.timeNs)}  `;
    const [first = '', ...rest] = paragraph(
      `${what ?? recovery.fault}: ${after}${meanwhile}`,
      ' '.repeat(head.length),
    );
    lines.push(head + first.trimStart(), ...rest);
  }
  const unlisted = availability.recoveries.length - listed.size;
  if (unlisted > 0) lines.push(`  … and ${grouped(unlisted)} quicker ones`);
  return ['Availability for writing', ...lines, ...zombieLines(run)].join('\n');
}

function latencyLines({ latency }: Availability): string[] {
  if (latency === null) return [];
  const [half, most, slowest] = [latency.p50Ms, latency.p99Ms, latency.maxMs].map((ms) =>
    seconds(ms * NS_PER_MS),
  );
  return [`  latency since a write was due: half ${half}, 99 % ${most}, the slowest ${slowest}`];
}

const ERRORS_TOLD = 4;

function errorLines({ errors }: Availability): string[] {
  if (errors.length === 0) return [];
  const told = errors.slice(0, ERRORS_TOLD).map(({ outcome, error, share: part }) => {
    const name = error ?? (outcome === 'fail' ? 'failed' : 'unknown');
    return `${share(part, 1)} ${name}${outcome === 'info' && error !== null ? ' (unknown)' : ''}`;
  });
  if (errors.length > ERRORS_TOLD) told.push('…');
  return paragraph(`not acknowledged: ${told.join(', ')}`, '  ');
}

function notesText(run: Run): string {
  const notes = notesOf(run);
  if (notes.length === 0) return '';
  const told = notes.slice(0, NOTES_MAX).flatMap((text) => paragraph(text, '  '));
  if (notes.length > NOTES_MAX) told.push(`  … and ${grouped(notes.length - NOTES_MAX)} more`);
  return ['Notes', ...told].join('\n');
}

/** A leader that does not know of its successor is why an isolated broker is worse than a dead one. */
function zombieLines({ info, events }: Run): string[] {
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
      `${node} went on leading partition ${partition} for ${seconds(toNs - fromNs)} after another broker had taken over, until ${moment(toNs)}`,
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

/** Broken at spaces into lines of at most COLUMNS characters, each with the given indent. */
function paragraph(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > COLUMNS) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, indent + line];
}
