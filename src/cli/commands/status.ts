import type { Command } from 'commander';
import { EXIT, Failure } from '../../core/failure.ts';

export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .argument('<soak>', 'the directory of a soak, such as store/run-42')
    .description('what a soak has proven so far, while it goes on or afterwards')
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      `
Reads the lines of the periods that are over; nothing is written, and the soak is not disturbed. "kept check" judges
the histories again that are there, too.

Exit status: 1 as soon as any period is invalid; else 2 while the soak goes on, and that of its verdict afterwards.

Examples:
  kept status store/run-42
  kept status store/run-42 --json`,
    )
    .action(async (directory: string, options: { json?: true }) => {
      const { isSoak } = await import('../../run/soak/soak-file.ts');
      if (!isSoak(directory))
        throw new Failure(`there is no soak at ${directory}`, {
          hint: `of a run that goes on "kept check ${directory}" tells what is proven so far`,
          exitStatus: EXIT.usage,
        });
      const { tellStatus } = await import('../soaking.ts');
      process.exitCode = tellStatus(directory, { json: options.json === true });
    });
}
