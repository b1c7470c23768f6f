import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT, Failure } from '../../core/failure.ts';
import { RUN_FILE } from '../../history/layout.ts';
import { say } from '../terminal/print.ts';
import { safeLine } from '../terminal/safe-text.ts';

interface MarkOptions {
  start?: true;
  stop?: true;
  store: string;
}

export function addMarkCommand(program: Command): void {
  program
    .command('mark')
    .argument(
      '[words...]',
      'the run (a directory; default: the one that goes on in the store), and what was done',
    )
    .description('tell a run that goes on what was done to its cluster by hand')
    .option('--start', 'it begins now')
    .option('--stop', 'what began with these words ends now; without words: what began last')
    .option('--store <dir>', 'where run directories are', 'store')
    .addHelpText(
      'after',
      `
It is drawn in the run's timeline, and losses stand beside it. The time is that of this command.

Examples:
  kept mark --start "pulled the plug of kafka2"
  kept mark --stop  "pulled the plug of kafka2"
  kept mark store/run-42 "moved the leader to rack 2"

Exit status: 0 when it was told, 64 when there is no such run that goes on.`,
    )
    .action(async (words: string[], options: MarkOptions) => {
      const [{ isRunning }, { writeMark }] = await Promise.all([
        import('../../run/is-running.ts'),
        import('../../run/marks.ts'),
      ]);
      const named = words[0] !== undefined && existsSync(join(words[0], RUN_FILE)) ? words[0] : null;
      const text = words
        .slice(named === null ? 0 : 1)
        .join(' ')
        .trim();
      if (options.start === true && options.stop === true)
        refuse('--start and --stop exclude each other', '');
      if (text === '' && options.stop !== true)
        refuse('what was done is missing', 'say it in a few words: kept mark "pulled the plug of kafka2"');
      const directory = named ?? runThatGoesOn(options.store, isRunning);
      if (!isRunning(directory))
        refuse(`the run ${directory} does not go on any more`, 'what is over cannot be marked');
      const at = options.start === true ? 'start' : options.stop === true ? 'stop' : 'moment';
      await writeMark(directory, { at, text });
      say(`Told ${safeLine(directory)}: ${safeLine(text === '' ? 'the end of what began last' : text)}\n`);
    });
}

function runThatGoesOn(store: string, isRunning: (path: string) => boolean): string {
  const names = existsSync(store) && statSync(store).isDirectory() ? readdirSync(store) : [];
  const running = names.map((name) => join(store, name)).filter((path) => existsSync(join(path, RUN_FILE)) && isRunning(path)); // prettier-ignore
  if (running.length === 1) return running[0]!;
  return running.length === 0
    ? refuse(`no run goes on in ${store}`, 'name its directory, or its store with --store')
    : refuse(`several runs go on: ${running.join(', ')}`, 'name one of them before the text');
}

function refuse(why: string, hint: string): never {
  throw new Failure(why, { hint, exitStatus: EXIT.usage });
}
