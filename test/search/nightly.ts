import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { execa } from 'execa';
import { writeWhole } from '../../src/core/draft.ts';
import { scriptOptions } from '../script-options.ts';
import type { SeedReport } from '../../src/search/sweep.ts';
import { isKnownDefect } from './known-defects.ts';

/**
 * The correct model over many fresh seeds: it must never be accused.
 *   npm run test:sweep -- [--transactions 1|2] [--with groups] [--from 20000000] [--seeds 1000000] [--jobs N] [--state store/sweep.json]
 *
 * It goes on where the state file says that an earlier one stopped, and prints its range first. Interrupt it at any
 * time: a chunk that is not done is begun again. Ends with status 1 if any seed was accused or crashed; each is printed
 * with the command that repeats it, and stays in the state file. In transactions of version 1 the known defects of the
 * protocol are counted, and are no accusation.
 */
const CHUNK = 2_000;
/** "kept sim" lists no more failures than this, and the known defects of version 1 are many. */
const CHUNK_OF_KNOWN = 100;
const KEPT = resolve('bin/kept.js');

interface State {
  first: number;
  next: number;
  tried: number;
  inconclusive: number;
  /** Seeds in which the protocol did what it is known to do: in transactions of version 1. */
  known?: number;
  failures: string[];
}

const { values } = scriptOptions({
  name: 'test:sweep',
  usage: `
The correct model over many fresh seeds. Ends with 1 if any was accused. It goes on where an earlier sweep stopped.

  --transactions 1|2  seeds in transactions of that version (default: without any)
  --with groups  seeds with a consumer group each
  --from N       the first seed of a new sweep (default: 20000000)
  --seeds N      how many to try now (default: 1000000)
  --jobs N       how many at once (default: that of "kept sim")
  --state FILE   how far it came, and what it found (default: store/sweep.json, store/sweep-groups.json, …)`,
  defaults: {
    from: '20000000',
    seeds: '1000000',
    jobs: undefined as string | undefined,
    state: undefined as string | undefined,
    transactions: undefined as string | undefined,
    with: undefined as string | undefined,
  },
  wholeNumbers: ['from', 'seeds', 'jobs', 'transactions'],
});
const { transactions, with: other } = values;
if (other !== undefined && other !== 'groups') {
  process.stderr.write(`--with takes "groups", not "${other}".\n`);
  process.exit(64);
}
const wanted = [
  ...(transactions === undefined ? [] : ['--transactions', transactions]),
  ...(other === undefined ? [] : ['--groups']),
];
const statePath = values.state ?? `store/sweep${wanted.join('-').replaceAll('--', '-')}.json`;
const state = readState(statePath, Number(values.from));
const last = state.next + Number(values.seeds) - 1;
process.stdout.write(
  `seeds ${state.next}..${last}; ${statePath} tells of ${state.tried} tried from ${state.first} on\n`,
);
while (state.next <= last) {
  const end = Math.min(state.next + (transactions === '1' ? CHUNK_OF_KNOWN : CHUNK) - 1, last);
  const args = [KEPT, 'sim', '--seeds', `${state.next}..${end}`, ...wanted, '--json'];
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
    verdicts: { inconclusive: number; invalid: number; crashed: number };
    failures: (SeedReport & { replay: string })[];
  };
  state.next = end + 1;
  state.tried += chunk.tried;
  state.inconclusive += chunk.verdicts.inconclusive;
  const { invalid, crashed } = chunk.verdicts;
  if (invalid + crashed > chunk.failures.length) {
    process.stderr.write(
      `seeds ${state.next}..${end}: only ${chunk.failures.length} of ${invalid + crashed} failures are listed\n`,
    );
    process.exit(1);
  }
  const isKnown = (report: SeedReport) => transactions === '1' && isKnownDefect(report);
  state.known = (state.known ?? 0) + chunk.failures.filter(isKnown).length;
  for (const { replay, reason } of chunk.failures.filter((report) => !isKnown(report))) {
    state.failures.push(replay);
    process.stdout.write(`${replay}\n  ${reason}\n`);
  }
  writeWhole(statePath, `${JSON.stringify(state, null, 2)}\n`);
  process.stdout.write(
    `up to ${end}: ${state.tried} tried, ${state.failures.length} accused${transactions === '1' ? `, ${state.known} with known defects` : ''}\n`,
  );
}
process.exit(state.failures.length === 0 ? 0 : 1);

function readState(path: string, first: number): State {
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) return { first, next: first, tried: 0, inconclusive: 0, failures: [] };
  return JSON.parse(readFileSync(path, 'utf8')) as State;
}
