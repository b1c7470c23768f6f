import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT, Failure } from '../../core/failure.ts';
import { statOf } from '../../core/paths.ts';
import { RUN_FILE } from '../../history/layout.ts';

export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .argument('<soak>', 'the directory of a soak, or of a run that goes on, such as store/run-42')
    .description('what a soak or a run has proven so far, while it goes on')
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      `
Of a soak it reads the lines of the periods that are over, of a run that goes on what was recorded so far, as "kept check"
does. Nothing is written, and neither is disturbed. "kept check" judges the histories of a soak again that are there, too.

Exit status: 1 as soon as any period is invalid; else 2 while the soak goes on, and that of its verdict afterwards.

Examples:
  kept status store/run-42
  kept status store/run-42 --json`,
    )
    .action(async (directory: string, options: { json?: true }) => {
      const { isSoak } = await import('../../run/soak/soak-file.ts');
      if (await goesOn(directory)) {
        const { checkRunning } = await import('../running.ts');
        const how = { claim: 'kept', json: options.json === true, fullLists: false } as const;
        process.exitCode = await checkRunning(directory, how);
        return;
      }
      if (!isSoak(directory))
        throw new Failure(`there is no soak at ${directory}`, {
          hint: `of a run that is over "kept check ${directory}" tells the verdict`,
          exitStatus: EXIT.usage,
        });
      const { tellStatus } = await import('../soaking.ts');
      process.exitCode = tellStatus(directory, { json: options.json === true });
    });
}

/** Whether it is a run, and not over. */
async function goesOn(directory: string): Promise<boolean> {
  if (statOf(join(directory, RUN_FILE)) === null) return false;
  const { isRunning } = await import('../../run/is-running.ts');
  return isRunning(directory);
}
