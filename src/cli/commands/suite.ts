import { grouped } from '../../core/words.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import type { Result } from '../../checker/result.ts';
import { GROUP_PROTOCOLS } from '../../history/group.ts';
import { RESULTS_FILE } from '../../history/layout.ts';
import { markdownLines } from '../../report/repeats/tables.ts';
import { SUITES } from '../../scenario/catalog/catalog.ts';
import type { Entry } from '../../scenario/catalog/entry.ts';
import { addClusterOptions, addSimulateOption, type ClusterOptions } from '../options/cluster-options.ts';
import { addRepeatOptions, assertRepeatOptions, type RepeatOptions } from '../options/repeat-options.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { launch } from '../../run/launch.ts';
import { preparePlanForWorld } from '../../run/prepare.ts';
import { describePlan } from '../describe-plan.ts';
import { terminalReporter } from '../terminal-reporter.ts';
import { type Outcome, type Row, runRows, statusOfSuite } from '../suite-rows.ts';
import { parseClient } from '../options/parse.ts';
import { scenarioWith, type ScenarioOptions } from '../options/scenario-options.ts';
import { isAboutPromise, promisesTable } from '../promises-table.ts';
import { print, printJson, say } from '../terminal/print.ts';

export function addSuiteCommand(program: Command): void {
  const command = program
    .command('suite')
    .argument('<name>', Object.keys(SUITES).join(', '))
    .description('run a set of scenarios and compare what they lose with what is expected');
  addRepeatOptions(addSimulateOption(addClusterOptions(command)), 'each of them')
    .option('--client <library[@version]>', 'what writes: see "kept run --help"', parseClient)
    .option('--consumer <library[@version]>', 'what the consumers are: see "kept run --help"', parseClient)
    .addOption(
      new Option('--group-protocol <which>', 'of "groups": see "kept run --help"').choices([
        ...GROUP_PROTOCOLS,
      ]),
    )
    .option('--full-size', 'at the original size: 100,000 records each, original timeouts')
    .option('--only <numbers>', 'only these, by number or name: 4,5')
    .addHelpText(
      'after',
      `
"failure-scenarios" are the seven of Jack Vanlightly's ChaosTestingCode (2018): acks 0, 1 and all, with the leader
killed, isolated, or cut off from ZooKeeper only. His figures stand beside what is found here. About seven minutes.
"power-loss" is what is lost with the power of one or of all brokers; it needs root, for disks that can fail.
"transactions" are workers in transactions, and single requests of theirs that come late: with --client java@3.9.1 and
so on, that client's. "read-committed" are histories without any fault that a consumer of what is committed must read
right: with --consumer kafkajs and so on, that library's. "groups" are consumer groups, with --consumer java@3.9.1 and
so on of that library, and with --group-protocol consumer by the newer of the two protocols (Kafka 4.0 and later).

Exit status: 1 when an expectation is not met, whatever else happened; else that of a run that failed, 130 when it was
interrupted, 2 when a run was inconclusive, and 0 when every expectation is met.

--repeat N runs each of them N times into store/repeat-1, a directory for each scenario in it, and tells of each what
its runs come to; every run is held against what is expected. Seeds are drawn as "kept run --help" says, the same for
each scenario. "kept resume store/repeat-1" goes on where it was ended.

Examples:
  kept suite failure-scenarios --kafka 2.0.1
  kept suite failure-scenarios --only 2,4 --repeat 30
  kept suite transactions --kafka 3.9.1 --client java@3.9.1
  kept suite failure-scenarios --simulate --repeat 10 --jobs 2`,
    )
    .action(async (name: string, options: SuiteOptions) => {
      const entries = entriesOf(name, options.only);
      assertRepeatOptions(options, options);
      if (options.repeat !== undefined) {
        process.exitCode = await repeatSuite(name, entries, options);
        return;
      }
      const interrupt = listenForInterrupt();
      const interrupted = () => interrupt.signal.aborted;
      const suite = await runRows(entries, { run: (entry) => runEntry(entry, options), interrupted, say });
      // First of all: it stands even if the table cannot be printed.
      process.exitCode = statusOfSuite(suite, interrupted());
      interrupt.close();
      const { rows } = suite;
      if (options.json === true) {
        const plain = rows.map(({ entry, met, ...row }) => ({
          scenario: entry.scenario.name,
          ...row,
          met: met === true,
        }));
        printJson(`${JSON.stringify(plain, null, 2)}\n`);
      } else {
        print(
          rows.some(
            ({ entry, result }) => result?.transactions !== undefined || isAboutPromise(entry.scenario),
          )
            ? promisesTable(rows)
            : table(rows),
        );
      }
      if (rows.some(({ world }) => world === 'simulated')) {
        say('*** SIMULATED *** This table is about a model of Kafka, not about Kafka.\n');
      }
    });
}

type SuiteOptions = ClusterOptions &
  RepeatOptions &
  Pick<ScenarioOptions, 'client' | 'consumer' | 'groupProtocol'> & { fullSize?: true; only?: string };

async function repeatSuite(name: string, entries: readonly Entry[], options: SuiteOptions): Promise<number> {
  const { beginRepeat, casesOf, prepareWith, wishesOf } = await import('../repeating.ts');
  const scenarios = [...new Set(entries.map((entry) => scenarioOf(entry, options)))];
  return beginRepeat(
    {
      name,
      suite: name,
      cases: casesOf(scenarios),
      repetitions: options.repeat ?? 1,
      claim: options.claim,
      wishes: wishesOf(options),
      given: false,
      seed: options.seed,
      store: options.store,
    },
    { jobs: options.jobs ?? 1, json: options.json === true, prepare: prepareWith(options) },
  );
}

function scenarioOf(
  entry: Entry,
  {
    fullSize,
    client,
    consumer,
    groupProtocol,
  }: Pick<SuiteOptions, 'fullSize' | 'client' | 'consumer' | 'groupProtocol'>,
): Entry['scenario'] {
  const scenario = fullSize === true ? (entry.fullSize ?? entry.scenario) : entry.scenario;
  // What is about groups means nothing to the other suites.
  const protocol = scenario.group === undefined ? undefined : groupProtocol;
  return client === undefined && consumer === undefined && protocol === undefined
    ? scenario
    : scenarioWith(scenario, {
        ...(client !== undefined && { client }),
        ...(consumer !== undefined && { consumer }),
        ...(protocol !== undefined && { groupProtocol: protocol }),
      });
}

function entriesOf(name: string, only: string | undefined): readonly Entry[] {
  const suite = SUITES[name];
  if (suite === undefined) {
    throw new Failure(`There is no suite "${name}".`, {
      hint: `Known: ${Object.keys(SUITES).join(', ')}.`,
      exitStatus: EXIT.usage,
    });
  }
  if (only === undefined) return suite;
  return only.split(',').map((wanted) => {
    const entry = suite.find(({ scenario, aliases }) => [scenario.name, ...aliases].includes(wanted.trim()));
    if (entry !== undefined) return entry;
    throw new Failure(`The suite ${name} has no scenario "${wanted}".`, {
      hint: `Its scenarios are ${suite.map(({ scenario, aliases }) => aliases[0] ?? scenario.name).join(', ')}.`,
      exitStatus: EXIT.usage,
    });
  });
}

async function runEntry(entry: Entry, options: SuiteOptions): Promise<Outcome> {
  const scenario = scenarioOf(entry, options);
  const plan = { ...(await preparePlanForWorld(scenario, options, say)), quiet: true, json: false };
  say(`\n${describePlan(plan)}\n`);
  const { directory } = plan;
  const world = plan.world.kind === 'simulated' ? 'simulated' : 'real';
  let status: number;
  try {
    status = await launch(plan, terminalReporter);
  } catch (error) {
    // What was recorded before may have been judged all the same.
    status = error instanceof Failure ? error.exitStatus : EXIT.internal;
    say(`kept: ${messageOf(error)}\n`);
  }
  return { directory, result: readResult(directory), world, status };
}

function readResult(directory: string): Result | null {
  try {
    return JSON.parse(readFileSync(join(directory, RESULTS_FILE), 'utf8')) as Result;
  } catch (error) {
    say(`${directory} has no result: ${messageOf(error)}\n`);
    return null;
  }
}

/** Markdown, so that it can be pasted where people discuss it, and aligned, so that it can be read where it is. */
function table(rows: readonly Row[]): string {
  const header = [
    '#',
    'scenario',
    'acked',
    'failed',
    'unknown',
    'found',
    'lost',
    'expected',
    'met',
    'in 2018: acked → high watermark',
    'run',
  ];

  const lines = rows.map(({ entry, result, lost, met, directory }) => {
    const { scenario, aliases, original } = entry;
    const counts = result?.counts;
    const figures =
      counts === undefined
        ? ['', '', '', '', 'no result']
        : [
            counts.sent > 0 ? `${grouped(counts.sent)} sent` : grouped(counts.ok),
            grouped(counts.fail),
            grouped(counts.info),
            grouped(counts.found),
            result?.verdict === 'inconclusive' ? 'inconclusive' : grouped(lost),
          ];
    const before =
      original === undefined
        ? ''
        : `${grouped(original.acknowledged)} → ${original.highWatermark === null ? '?' : grouped(original.highWatermark)} (lost ${original.lost})`;
    return [
      aliases[0] ?? '',
      scenario.title,
      ...figures,
      scenario.expect,
      met === null ? '?' : met ? 'yes' : 'NO',
      before,
      directory ?? '',
    ];
  });
  return `\n${markdownLines([header, ...lines]).join('\n')}\n`;
}
