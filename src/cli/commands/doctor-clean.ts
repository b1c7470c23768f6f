import { createInterface } from 'node:readline/promises';
import { EXIT, Failure } from '../../core/failure.ts';
import { counted } from '../../core/words.ts';
import { openEngine } from '../../control/docker/engine.ts';
import { findLeftovers, removeLeftovers, type Leftover } from '../../control/docker/leftovers.ts';
import { print, say } from '../terminal/print.ts';
import { safeLine } from '../terminal/safe-text.ts';

/**
 * `kept doctor --clean`: what runs have left under the container daemon, listed first, and removed when a person agrees.
 * Only what carries a run's label is looked at, and only what belongs to a dead process is removed.
 */
export async function clean(options: { yes: boolean }): Promise<void> {
  const engine = await openEngine();
  const found = await findLeftovers(engine);
  const dead = found.filter((each) => each.ownerLives === false);
  const others = found.filter((each) => each.ownerLives !== false);
  if (others.length > 0) {
    print(
      `Left alone, because the process that made it lives or cannot be seen from here:\n${listed(others)}\n`,
    );
  }
  if (dead.length === 0) {
    print(`Nothing is to be removed at ${safeLine(engine.endpoint.host)}.\n`);
    return;
  }
  print(`Left by processes that are dead:\n${listed(dead)}\n`);
  if (!options.yes && !(await agreed(dead.length))) {
    print('Nothing was removed.\n');
    return;
  }
  await removeLeftovers(engine, dead);
  const left = await findLeftovers(engine);
  const still = left.filter(({ id }) => dead.some((each) => each.id === id));
  if (still.length > 0)
    throw new Failure(`${counted(still.length, 'thing')} could not be removed:\n${listed(still)}`);
  print(`${counted(dead.length, 'thing')} removed.\n`);
}

function listed(leftovers: readonly Leftover[]): string {
  return leftovers
    .map(({ kind, name, run, role, owner }) =>
      safeLine(`  ${kind.padEnd(9)} ${name}  (run ${run}, ${role}; of ${owner})`),
    )
    .join('\n');
}

async function agreed(count: number): Promise<boolean> {
  if (!process.stdin.isTTY) {
    say('Asking needs a terminal; --yes removes it without.\n');
    process.exitCode = EXIT.inconclusive;
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`Remove ${counted(count, 'thing')}? [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
