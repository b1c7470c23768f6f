import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT, Failure } from '../../core/failure.ts';
import { statOf } from '../../core/paths.ts';
import { RUN_FILE } from '../../history/layout.ts';
import { CONSENT_OPTION } from '../../run/consent.ts';
import { parseCount } from '../options/parse.ts';

interface ResumeOptions {
  repeat?: number;
  jobs?: number;
  yesBreakTheseNodes?: true;
  json?: true;
}

export function addResumeCommand(program: Command): void {
  program
    .command('resume')
    .argument('<repeat>', 'the directory of a repeat, such as store/repeat-1')
    .description('go on with a repeat that was interrupted or killed, or carry out more runs of it')
    .option('--repeat <n>', 'how often in all, if more often than it was to be at first', parseCount)
    .option('--jobs <n>', 'runs that go on at once (default: 1)', parseCount)
    .option(CONSENT_OPTION, 'allow faults on nodes that kept did not make; they are told first')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Runs that came to their end stay as they are. One that was cut short is kept under another name (run-7-cut-short-1)
and run again, from the same seed; what it proves counts for the exit status, and its figures do not count. Scenario,
seed, claim and Kafka are those that the repeat began with: where another Kafka would run now, nothing is begun. A
repeat against a cluster that was given goes on with its own command and --resume DIR.

Exit status: that of the worst run, as of "kept run --repeat"; 64 when it cannot go on.

Examples:
  kept resume store/repeat-1
  kept resume store/repeat-1 --repeat 60`,
    )
    .action(async (directory: string, options: ResumeOptions) => {
      assertNoRun(directory);
      const { resumeRepeat } = await import('../repeating.ts');
      process.exitCode = await resumeRepeat(directory, options);
    });
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
  throw new Failure(`the path ${directory} is one run, and only a repeat can be resumed`, {
    hint: `"kept check ${directory}" decides from what was recorded, "kept replay ${directory}" runs it again`,
    exitStatus: EXIT.usage,
  });
}
