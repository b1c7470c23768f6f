import type { Command } from 'commander';
import { EXIT, Failure } from '../../core/failure.ts';
import type { Wishes } from '../../run/prepare.ts';
import { parseCount } from './parse.ts';

/** How often something is run, and how many runs go on at once. */
export interface RepeatOptions {
  repeat?: number;
  jobs?: number;
}

export function addRepeatOptions(command: Command, what: string): Command {
  return command
    .option(
      '--repeat <n>',
      `run ${what} n times, each time from another seed, and tell what was found how often`,
      parseCount,
    )
    .option('--jobs <n>', 'with --repeat: runs that go on at once (default: 1)', parseCount);
}

/** @throws Failure (usage) where the options do not go together. */
export function assertRepeatOptions(
  { repeat, jobs = 1 }: RepeatOptions,
  where: Pick<Wishes, 'lab' | 'nodes' | 'simulate'> & { given?: boolean },
): void {
  const refuse = (message: string, hint: string): never => {
    throw new Failure(message, { hint, exitStatus: EXIT.usage });
  };
  if (jobs > 1 && repeat === undefined)
    refuse('--jobs says how many runs go on at once, and there is only one', 'say how many with --repeat');
  if (jobs === 1 || where.simulate === true) return;
  const shared =
    where.given === true
      ? 'a cluster that was given'
      : where.lab === 'ssh' || where.nodes !== undefined
        ? 'the same hosts'
        : where.lab === 'loopback'
          ? "this machine's loopback addresses"
          : null;
  if (shared !== null)
    refuse(`runs that go on at once would disturb each other on ${shared}`, 'leave --jobs out');
}
