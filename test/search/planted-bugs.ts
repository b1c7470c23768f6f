import { int64At, type Run } from '../../src/history/run.ts';
import { OUTCOMES } from '../../src/history/write.ts';
import { drawSeed } from '../../src/search/sweep.ts';
import { tryOut } from '../../src/search/trial.ts';
import {
  BUG_NAMES,
  GROUP_BUG_NAMES,
  isBug,
  isGroupBug,
  isTransactionBug,
  TRANSACTION_BUG_NAMES,
  type Bug,
} from '../../src/sim/bugs.ts';
import { transactionalRowsOf } from '../history/sample.ts';
import { transactionFindings } from '../oracle/transactions.ts';
import { scriptOptions } from '../script-options.ts';
import { wrongsInGroups } from './wrongs-in-groups.ts';

/**
 * What each planted bug did in many seeds with consumers, and what was said about it:
 *   npm run test:bugs -- [--bug NAME] [--seeds 5000] [--from 1]
 *
 * Each seed runs with the bug and without it. Where the two histories hold the same records, the bug changed nothing.
 * Where they differ and the verdict is valid, the seed is accounted for:
 * - `nothing wrong`: no promise was broken, by a count of its own (`wrongsOf`) that knows no excuse;
 * - `excused`: something is gone, and the reason that permits it is listed; `also without the bug` where the correct
 *   model loses in the same seed for the same reason, so that the reason cannot be the bug's;
 * - `MISSED`: something is wrong of which no finding tells. Then it ends with status 1.
 *
 * Bugs in transactions are tried in transactions of version 2, and bugs in groups in seeds with a group.
 */
const EXAMPLES_MAX = 5;
const NAMES: readonly Bug[] = [...BUG_NAMES, ...TRANSACTION_BUG_NAMES, ...GROUP_BUG_NAMES];

const { values } = scriptOptions({
  name: 'test:bugs',
  usage: `
What each planted bug did in seeds with consumers, and what was said about it. Ends with 1 if a bug was missed.

  --bug NAME     only this one: ${NAMES.join(', ')}
  --seeds N      how many (default: 5000)
  --from N       the first one (default: 1)`,
  defaults: { bug: undefined as string | undefined, seeds: '5000', from: '1' },
  wholeNumbers: ['seeds', 'from'],
});
const wanted = values.bug;
if (wanted !== undefined && !isBug(wanted)) {
  process.stderr.write(`There is no bug "${wanted}": ${NAMES.join(', ')}.\n`);
  process.exit(64);
}
let isMissed = false;
for (const bug of wanted === undefined ? NAMES : [wanted]) await account(bug);
process.exit(isMissed ? 1 : 0);

function drawFor(seed: number, bug: Bug) {
  if (isGroupBug(bug)) return drawSeed(seed, { groups: true });
  return drawSeed(seed, isTransactionBug(bug) ? { transactions: 2 } : {});
}

function withConsumers(bug: Bug, from: number, count: number): number[] {
  const found: number[] = [];
  for (let seed = from; found.length < count; seed++)
    if (hasConsumers(drawFor(seed, bug).scenario)) found.push(seed);
  return found;
}

function hasConsumers({ consumers, group }: ReturnType<typeof drawFor>['scenario']): boolean {
  return consumers > 0 || group !== undefined;
}

async function account(bug: Bug): Promise<void> {
  const counts = new Map<string, number>();
  const examples = new Map<string, number[]>();
  const add = (what: string, seed: number) => {
    counts.set(what, (counts.get(what) ?? 0) + 1);
    const known = examples.get(what);
    if (known === undefined) examples.set(what, [seed]);
    else if (known.length < EXAMPLES_MAX) known.push(seed);
  };
  const seeds = withConsumers(bug, Number(values.from), Number(values.seeds));
  for (const seed of seeds) add(await outcomeOf(seed, bug), seed);
  process.stdout.write(`${bug}: ${seeds.length} seeds with consumers, ${seeds[0]} to ${seeds.at(-1)}\n`);
  for (const [what, count] of [...counts].toSorted(([, a], [, b]) => b - a))
    process.stdout.write(`  ${String(count).padStart(6)}  ${what}  (${examples.get(what)!.join(', ')})\n`);
}

async function outcomeOf(seed: number, bug: Bug): Promise<string> {
  const draw = { ...drawFor(seed, bug), seed };
  const planted = await tryOut({ ...draw, bug }, 'contract');
  const { verdict, findings } = planted.result;
  if (verdict !== 'valid') return verdict === 'invalid' ? 'found' : 'inconclusive';
  const correct = await tryOut({ ...draw, bug: null }, 'contract');
  if (recordsOf(planted.run) === recordsOf(correct.run)) return 'changed nothing';
  const reasons = new Set(findings.map(({ kind, reason }) => `${kind}: ${generalized(reason)}`));
  if (reasons.size === 0) {
    const wrongs = wrongsIn(planted.run, bug);
    if (wrongs.length === 0) return 'nothing wrong';
    isMissed = true;
    return `MISSED: ${wrongs.join(', ')}`;
  }
  const known = new Set(correct.result.findings.map(({ kind, reason }) => `${kind}: ${generalized(reason)}`));
  const also = [...reasons].every((reason) => known.has(reason))
    ? 'also without the bug'
    : 'only with the bug';
  return `excused, ${also}: ${[...reasons].toSorted().join(' | ')}`;
}

function wrongsIn(run: Run, bug: Bug): string[] {
  if (isGroupBug(bug)) return wrongsInGroups(run);
  return isTransactionBug(bug) ? wrongsInTransactions(run) : wrongsOf(run);
}

/** The reason without its names and numbers. */
function generalized(reason: string): string {
  return reason
    .replaceAll(/kafka\d+(?: \(epoch \d+\))?/g, 'K')
    .replaceAll(/K(?:, K)*(?:,? and K)/g, 'Ks')
    .replaceAll(/epoch \d+/g, 'epoch N');
}

/** Everything that was appended or committed, as far as any client was told of it. */
function recordsOf(run: Run): string {
  const lines: string[] = [];
  for (const { length, worker, seq, partition, offset, outcome } of run.writes())
    for (let row = 0; row < length; row++)
      lines.push(
        `w ${worker[row]} ${int64At(seq, row)} ${partition[row]} ${int64At(offset, row)} ${outcome[row]}`,
      );
  for (const { length, scan, worker, seq, partition, offset, integrity } of run.reads())
    for (let row = 0; row < length; row++)
      lines.push(
        `r ${scan[row]} ${partition[row]} ${int64At(offset, row)} ${worker[row]} ${int64At(seq, row)} ${integrity[row]}`,
      );
  for (const event of run.events)
    if (event.type === 'offset-commit' || event.type === 'offset-fetch')
      lines.push(`o ${event.type} ${JSON.stringify(event.offsets)}`);
  return lines.toSorted().join('\n');
}

/** By the definitions of the findings, of the partitions that a final scan has read. */
function wrongsInTransactions(run: Run): string[] {
  const { timeoutMs, ids } = run.info.transactions!;
  const found = transactionFindings({ ...transactionalRowsOf(run), timeoutMs, ids });
  return [...new Set([...found].map((finding) => finding.split(' ')[0]!))].toSorted();
}

/** What is not as it should be, by plain maps and without any excuse. */
function wrongsOf(run: Run): string[] {
  const finals = new Set(
    run.events.flatMap((event) => (event.type === 'scan' && event.final ? [event.scan] : [])),
  );
  const stored = new Map<string, string>();
  const given: [place: string, value: string][] = [];
  const wrongs = new Set<string>();
  for (const { length, scan, worker, seq, partition, offset, integrity } of run.reads()) {
    for (let row = 0; row < length; row++) {
      if (integrity[row] !== 0) wrongs.add('damaged');
      const place = `${partition[row]}/${int64At(offset, row)}`;
      const value = `${worker[row]}:${int64At(seq, row)}`;
      if (finals.has(scan[row]!)) stored.set(place, value);
      else given.push([place, value]);
    }
  }
  const inLog = new Set(stored.values());
  if (inLog.size < stored.size) wrongs.add('stored twice');
  for (const [place, value] of given) if (stored.get(place) !== value) wrongs.add('given and gone');
  for (const { length, worker, seq, partition, offset, outcome } of run.writes()) {
    for (let row = 0; row < length; row++) {
      const value = `${worker[row]}:${int64At(seq, row)}`;
      const name = OUTCOMES[outcome[row]!];
      if (name === 'fail' && inLog.has(value)) wrongs.add('refused and stored');
      if (name !== 'ok') continue;
      if (!inLog.has(value)) wrongs.add('acknowledged and gone');
      // An acknowledgement without an offset does not say where it is.
      else if (int64At(offset, row) >= 0 && stored.get(`${partition[row]}/${int64At(offset, row)}`) !== value)
        wrongs.add('at another offset');
    }
  }
  return [...wrongs].toSorted();
}
