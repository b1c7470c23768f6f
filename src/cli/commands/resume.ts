import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT, Failure } from '../../core/failure.ts';
import { statOf } from '../../core/paths.ts';
import { RUN_FILE } from '../../history/layout.ts';
import { CONSENT_OPTION } from '../../run/consent.ts';
import { parseCount, parseDurationMs } from '../options/parse.ts';

interface ResumeOptions {
  repeat?: number;
  jobs?: number;
  duration?: number;
  forever?: true;
  yesBreakTheseNodes?: true;
  json?: true;
}

export function addResumeCommand(program: Command): void {
  program
    .command('resume')
    .argument('<directory>', 'of a repeat or a soak, such as store/repeat-1 or store/run-42')
    .description('go on with a repeat or a soak that was interrupted or killed, or make it longer')
    .option('--repeat <n>', 'how often in all, if more often than it was to be at first', parseCount)
    .option('--jobs <n>', 'runs that go on at once (default: 1)', parseCount)
    .option('--duration <time>', 'of a soak: how long in all, if longer than at first', parseDurationMs)
    .option('--forever', 'of a soak: until it is stopped')
    .option(CONSENT_OPTION, 'allow faults on nodes that kept did not make; they are told first')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Runs that came to their end stay as they are. One that was cut short is kept under another name (run-7-cut-short-1)
and run again, from the same seed; what it proves counts for the exit status, and its figures do not count. Scenario,
seed, claim and Kafka are those that the repeat began with: where another Kafka would run now, nothing is begun. A
repeat against a cluster that was given goes on with its own command and --resume DIR.

A soak goes on with the period that was cut short, on a new cluster; what was written in the one that was cut short
counts as untested, and what it proves lost counts all the same. A soak against a cluster that was given goes on with
its own command and --resume DIR, too.

Exit status: that of the worst run, as of "kept run --repeat"; 64 when it cannot go on.

Examples:
  kept resume store/repeat-1
  kept resume store/repeat-1 --repeat 60
  kept resume store/run-42 --duration 96h`,
    )
    .action(async (directory: string, options: ResumeOptions) => {
      const { isSoak } = await import('../../run/soak/soak-file.ts');
      if (isSoak(directory)) {
        assertOnlySoak(options);
        const { resumeSoak } = await import('../soaking.ts');
        process.exitCode = await resumeSoak(directory, options);
        return;
      }
      if (options.duration !== undefined || options.forever !== undefined)
        throw new Failure(`--duration and --forever are about a soak, and ${directory} is none`, {
          hint: 'a repeat becomes longer with --repeat',
          exitStatus: EXIT.usage,
        });
      assertNoRun(directory);
      const { resumeRepeat } = await import('../repeating.ts');
      process.exitCode = await resumeRepeat(directory, options);
    });
}

function assertOnlySoak(options: ResumeOptions): void {
  const refuse = (message: string, hint: string): never => {
    throw new Failure(message, { hint, exitStatus: EXIT.usage });
  };
  if (options.repeat !== undefined || options.jobs !== undefined)
    refuse(
      '--repeat and --jobs are about a repeat, and this is a soak',
      'a soak becomes longer with --duration',
    );
  if (options.duration !== undefined && options.forever !== undefined)
    refuse('--forever and --duration contradict each other', 'leave one of them out');
}

/** One of the processes that `--jobs` shares the runs among. */
export function addRunPartCommand(program: Command): void {
  program.command('run-part', { hidden: true }).action(async () => {
    const { answerPlan } = await import('../run-jobs.ts');
    process.exitCode = await answerPlan();
  });
}

function assertNoRun(directory: string): void {
  if (statOf(join(directory, RUN_FILE)) === null) return;
  throw new Failure(`the path ${directory} is one run, and only a repeat can be resumed, or a soak`, {
    hint: `"kept check ${directory}" decides from what was recorded, "kept replay ${directory}" runs it again`,
    exitStatus: EXIT.usage,
  });
}

/** The process that judges the periods of a soak. */
export function addJudgeCommand(program: Command): void {
  program.command('judge-periods', { hidden: true }).action(async () => {
    const { answerOrders } = await import('../../run/soak/judges.ts');
    await answerOrders();
  });
}
