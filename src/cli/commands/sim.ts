import { grouped, listed } from '../../core/words.ts';
import { Option, type Command } from 'commander';
import { availableParallelism } from 'node:os';
import { realClock } from '../../core/clock.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import type { Claim } from '../../checker/result.ts';
import {
  BUGS,
  GROUP_BUGS,
  isBug,
  isGroupBug,
  isTransactionBug,
  TRANSACTION_BUGS,
  WORLD_BUGS,
  type Bug,
} from '../../sim/bugs.ts';
import type { SeedOptions, SeedRange, SeedReport, Tally } from '../../search/sweep.ts';
import { claimOption } from './check.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { parseCount, parseSeed, parseSeedRange, parseTransactionVersion } from '../options/parse.ts';
import { print, printJson, say } from '../terminal/print.ts';
import { statusLine } from '../terminal/status-line.ts';

interface SimOptions {
  seeds?: SeedRange;
  seed?: number;
  bug?: string;
  transactions?: 1 | 2;
  groups?: true;
  jobs: number;
  claim: Claim;
  store: string;
  json?: true;
}

const DEFAULT_RANGE: SeedRange = { first: 1, last: 200 };
/** Failures that are told one by one; the rest is counted. */
const FAILURES_TOLD = 20;
/** A short search needs no word on the way. */
const FIRST_WORD_NS = 0.2e9;

export function addSimCommand(program: Command): void {
  program
    .command('sim')
    .description('search for losses in a simulated cluster: a whole scenario from each seed')
    .addOption(
      new Option('--seeds <a..b>', 'the seeds to try (default: 1..200)')
        .argParser(parseSeedRange)
        .conflicts('seed'),
    )
    .option('--seed <n>', 'only this one, recorded in the store like any other run', parseSeed)
    .option('--bug <name>', 'plant a bug into the model')
    .option(
      '--transactions <1|2>',
      'scenarios in transactions, as that transaction.version has them',
      parseTransactionVersion,
    )
    .addOption(new Option('--groups', 'scenarios with a consumer group each').conflicts('transactions'))
    .option('--jobs <n>', 'processes that share the seeds', parseCount, availableParallelism())
    .addOption(claimOption().default('contract'))
    .option('--store <dir>', 'where run directories go', 'store')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Each seed draws a small scenario (cluster, topic, producer, load, faults; most kinds of faults left out) that runs
against a model of Kafka in virtual time, in a fraction of a second. The same seed gives the same run anywhere.
By default only what Kafka's contract does not permit counts: acks=1 may lose what acks=1 permits.

With --transactions the workers write in transactions. Version 1 has known defects (KAFKA-17754, KIP-890), which the
correct model has, too: they are violations, and blamed on the protocol. In version 2 nothing may be found.

With --groups a consumer group reads, whose members are killed, stopped and closed. Some copy what they are handed, in
transactions of version 2. Nothing may be found.

Bugs that can be planted:
${bugList({ ...BUGS, ...WORLD_BUGS })}
Bugs in transactions, which imply --transactions 2:
${bugList(TRANSACTION_BUGS)}
Bugs in consumer groups, which imply --groups:
${bugList(GROUP_BUGS)}

Exit status: 1 when a seed fails, whatever else happens; 0 when none does; 2 when every seed was inconclusive, or when
a seed could not be tried because a process died.

Examples:
  kept sim --seeds 1..2000
  kept sim --seeds 1..500 --bug truncate-to-high-watermark
  kept sim --seed 42 --bug truncate-to-high-watermark && kept shrink store/run-1`,
    )
    .action(async (options: SimOptions) => {
      const bug = bugNamed(options.bug);
      const hasGroups = options.groups === true || (bug !== null && isGroupBug(bug));
      if (hasGroups && options.transactions !== undefined)
        throw new Failure(`The bug "${bug}" is one of consumer groups, and --transactions draws none`, {
          hint: 'leave --transactions out: in scenarios with groups all transactions are of version 2',
          exitStatus: EXIT.usage,
        });
      const version = options.transactions ?? (hasGroups ? undefined : impliedVersion(bug));
      const how: SeedOptions = {
        bug,
        claim: options.claim,
        ...(version !== undefined && { transactions: version }),
        ...(hasGroups && { groups: true as const }),
      };
      process.exitCode =
        options.seed === undefined
          ? await search(options.seeds ?? DEFAULT_RANGE, how, options)
          : await recordSeed(options.seed, how, options);
    });
  // One of the processes that `kept sim` shares the seeds among.
  program
    .command('sim-part', { hidden: true })
    .argument('<request>')
    .action(async (text: string) => {
      const { answerPart } = await import('../sim-jobs.ts');
      await answerPart(text);
    });
}

function impliedVersion(bug: Bug | null): 2 | undefined {
  return bug !== null && isTransactionBug(bug) ? 2 : undefined;
}

function bugList(bugs: Readonly<Record<string, string>>): string {
  return Object.entries(bugs)
    .map(([name, text]) => `  ${name}\n      ${text}`)
    .join('\n');
}

export function bugNamed(name: string | undefined): Bug | null {
  if (name === undefined) return null;
  if (isBug(name)) return name;
  throw new Failure(`There is no bug "${name}" that could be planted`, {
    hint: `known are ${Object.keys({ ...BUGS, ...TRANSACTION_BUGS, ...GROUP_BUGS, ...WORLD_BUGS }).join(', ')}`,
    exitStatus: EXIT.usage,
  });
}

/** One seed as a run of the store: with its history, its verdict and its picture. */
async function recordSeed(seed: number, how: SeedOptions, options: SimOptions): Promise<number> {
  const [{ drawSeed }, { describePlan }, { prepareSimulatedPlan }, { launch }, { terminalReporter }] =
    await Promise.all([
      import('../../search/sweep.ts'),
      import('../describe-plan.ts'),
      import('../../run/prepare.ts'),
      import('../../run/launch.ts'),
      import('../terminal-reporter.ts'),
    ]);
  const { scenario, mode } = drawSeed(seed, how);
  const { store, json } = options;
  const { bug, claim } = how;
  const plan = await prepareSimulatedPlan(
    scenario,
    { claim, store, seed, mode, ...(json && { json }) },
    { bug },
  );
  say(`${describePlan(plan)}\n`);
  return launch(plan, terminalReporter);
}

async function search(range: SeedRange, how: SeedOptions, options: SimOptions): Promise<number> {
  const [{ Tally }, { shareSeeds }] = await Promise.all([
    import('../../search/sweep.ts'),
    import('../sim-jobs.ts'),
  ]);
  const tally = new Tally();
  const clock = realClock();
  const interrupt = listenForInterrupt();
  const status = statusLine(process.stderr, FIRST_WORD_NS);
  await shareSeeds({
    range,
    how,
    jobs: options.jobs,
    signal: interrupt.signal,
    onReport(report) {
      tally.add(report);
      const failed = tally.verdicts.invalid + tally.verdicts.crashed;
      if (isFailure(report) && options.json !== true && failed <= FAILURES_TOLD) {
        status.line(describeFailure(report, how));
      }
      const nowNs = clock.nowNs();
      if (status.isDue(nowNs)) status.draw(describeProgress(tally, range, nowNs));
    },
    onUntried(seeds, death) {
      tally.untried.push(...seeds);
      const which = `${seeds.length === 1 ? 'seed' : 'seeds'} ${listed(seeds)}`;
      status.line(`The process that was to try ${which} died (${death}); the others go on.`);
    },
  });
  status.end();
  interrupt.close();
  const elapsedSeconds = clock.nowNs() / 1e9;
  if (options.json === true)
    printJson(`${JSON.stringify(summaryOf(tally, { range, how, elapsedSeconds }), null, 2)}\n`);
  else print(describeTally(tally, elapsedSeconds, interrupt.signal.aborted));
  return exitStatusOf(tally, interrupt.signal.aborted);
}

const isFailure = ({ verdict }: SeedReport) => verdict === 'invalid' || verdict === 'crashed';

function exitStatusOf({ verdicts, seeds, untried }: Tally, interrupted: boolean): number {
  if (verdicts.invalid > 0) return EXIT.invalid;
  if (verdicts.crashed > 0) return EXIT.internal;
  if (interrupted) return EXIT.interrupted;
  if (untried.length > 0) return EXIT.inconclusive;
  return verdicts.inconclusive === seeds ? EXIT.inconclusive : EXIT.valid;
}

function replayCommand(seed: number, { bug, claim, transactions, groups }: SeedOptions): string {
  const planted = bug === null ? '' : ` --bug ${bug}`;
  const isImplied = transactions === (groups === true ? undefined : impliedVersion(bug));
  const inTransactions = isImplied ? '' : ` --transactions ${transactions}`;
  const withGroups = groups === undefined || (bug !== null && isGroupBug(bug)) ? '' : ' --groups';
  return `kept sim --seed ${seed}${inTransactions}${withGroups}${planted}${claim === 'contract' ? '' : ` --claim ${claim}`}`;
}

function describeFailure(report: SeedReport, how: SeedOptions): string {
  const what =
    report.verdict === 'crashed'
      ? `the run itself failed: ${report.reason}`
      : [...new Set(report.accusations.map(({ kind, blame }) => `${kind} (${blame})`))].join(', ');
  const detail = report.verdict === 'crashed' ? '' : `\n    ${report.reason}`;
  return `seed ${report.seed}: ${what}${detail}\n    ${replayCommand(report.seed, how)}`;
}

function describeTally(tally: Tally, elapsedSeconds: number, interrupted: boolean): string {
  const { verdicts, seeds, doubts, failures, untried } = tally;
  const failed = verdicts.invalid + verdicts.crashed;
  const lines = [
    `${seeds} seeds: ${verdicts.valid} valid, ${verdicts.invalid} invalid, ${verdicts.inconclusive} inconclusive${verdicts.crashed > 0 ? `, ${verdicts.crashed} failed to run` : ''}${interrupted ? ' (interrupted)' : ''}`,
    `${grouped(tally.writes)} writes in ${elapsedSeconds.toFixed(1)} s: ${(seeds / elapsedSeconds).toFixed(1)} runs/s`,
  ];
  if (failed > FAILURES_TOLD) lines.push(`Only the first ${FAILURES_TOLD} failures are told above.`);
  if (untried.length > 0) lines.push(`Not tried, because a process died: ${listed(untried)}`);
  if (failures.length > 0) lines.push(`The first seed that fails: ${failures[0]!.seed}`);
  if (doubts.size > 0) {
    lines.push('Inconclusive because:');
    const byCount = [...doubts].toSorted(([, a], [, b]) => b - a);
    for (const [reason, count] of byCount) lines.push(`  ${String(count).padStart(5)}  ${reason}`);
  }
  return `${lines.join('\n')}\n`;
}

function summaryOf(tally: Tally, context: { range: SeedRange; how: SeedOptions; elapsedSeconds: number }) {
  const { range, how, elapsedSeconds } = context;
  const { bug, claim, transactions, groups } = how;
  return {
    seeds: [range.first, range.last],
    bug,
    claim,
    ...(transactions !== undefined && { transactions }),
    ...(groups !== undefined && { groups }),
    tried: tally.seeds,
    verdicts: tally.verdicts,
    untried: tally.untried,
    writes: tally.writes,
    elapsedSeconds,
    failures: tally.failures.map((failure) => ({
      ...failure,
      replay: replayCommand(failure.seed, how),
    })),
    inconclusive: Object.fromEntries(tally.doubts),
  };
}

function describeProgress({ seeds, verdicts }: Tally, range: SeedRange, nowNs: number): string {
  const total = range.last - range.first + 1;
  const failed = verdicts.invalid + verdicts.crashed;
  return `${seeds} of ${total} seeds · ${failed} failed · ${verdicts.inconclusive} inconclusive · ${(seeds / (nowNs / 1e9)).toFixed(0)}/s`;
}
