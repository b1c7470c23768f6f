import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { execa } from 'execa';
import { writeWhole } from '../../src/core/draft.ts';
import { scriptOptions } from '../script-options.ts';

/**
 * The correct model over many fresh seeds: it must never be accused.
 *   npm run test:sweep -- [--from 20000000] [--seeds 1000000] [--jobs N] [--state store/sweep.json]
 *
 * It goes on where the state file says that an earlier one stopped, and prints its range first. Interrupt it at any
 * time: a chunk that is not done is begun again. Ends with status 1 if any seed was accused or crashed; each is printed
 * with the command that repeats it, and stays in the state file.
 */
const CHUNK = 2_000;
const KEPT = resolve('bin/kept.js');

interface State {
  first: number;
  next: number;
  tried: number;
  inconclusive: number;
  failures: string[];
}

const { values } = scriptOptions({
  name: 'test:sweep',
  usage: `
The correct model over many fresh seeds. Ends with 1 if any was accused. It goes on where an earlier sweep stopped.

  --from N       the first seed of a new sweep (default: 20000000)
  --seeds N      how many to try now (default: 1000000)
  --jobs N       how many at once (default: that of "kept sim")
  --state FILE   how far it came, and what it found (default: store/sweep.json)`,
  defaults: {
    from: '20000000',
    seeds: '1000000',
    jobs: undefined as string | undefined,
    state: 'store/sweep.json',
  },
  wholeNumbers: ['from', 'seeds', 'jobs'],
});
const state = readState(values.state, Number(values.from));
const last = state.next + Number(values.seeds) - 1;
process.stdout.write(
  `seeds ${state.next}..${last}; ${values.state} tells of ${state.tried} tried from ${state.first} on\n`,
);
while (state.next <= last) {
  const end = Math.min(state.next + CHUNK - 1, last);
  const args = [KEPT, 'sim', '--seeds', `${state.next}..${end}`, '--json'];
  const jobs = values.jobs === undefined ? [] : ['--jobs', values.jobs];
  const { stdout, stderr, exitCode } = await execa(process.execPath, [...args, ...jobs], {
    reject: false,
    stdin: 'ignore',
  });
  if (exitCode === undefined || exitCode > 2) {
    process.stderr.write(`${stderr}\nseeds ${state.next}..${end} ended with status ${String(exitCode)}\n`);
    process.exit(1);
  }
  const chunk = JSON.parse(stdout) as {
    tried: number;
    verdicts: { inconclusive: number };
    failures: { replay: string; reason: string }[];
  };
  state.next = end + 1;
  state.tried += chunk.tried;
  state.inconclusive += chunk.verdicts.inconclusive;
  for (const { replay, reason } of chunk.failures) {
    state.failures.push(replay);
    process.stdout.write(`${replay}\n  ${reason}\n`);
  }
  writeWhole(values.state, `${JSON.stringify(state, null, 2)}\n`);
  process.stdout.write(`up to ${end}: ${state.tried} tried, ${state.failures.length} accused\n`);
}
process.exit(state.failures.length === 0 ? 0 : 1);

function readState(path: string, first: number): State {
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) return { first, next: first, tried: 0, inconclusive: 0, failures: [] };
  return JSON.parse(readFileSync(path, 'utf8')) as State;
}
