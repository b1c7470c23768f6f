import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { seededRandom } from '../src/core/random.ts';
import { check } from '../src/linear/check.ts';
import { modelNamed } from '../src/linear/models/catalog.ts';
import type { Operation } from '../src/linear/operation.ts';
import { fetchPorcupine, type Porcupine } from './porcupine/porcupine.ts';

/**
 * Stacks and priority queues of distinct values: the sweep against the engine of kept and against Porcupine (where Go
 * is installed), and how the sweep's CPU time grows.
 *   npx tsx bench/containers.ts [OPERATIONS…]     default: 1000 10000 100000 1000000
 */
const SIZES = process.argv.slice(2).map(Number);
/** The others get no more than this, and a minute. */
const SEARCHED_MAX = 10_000;
const SEARCH_MS = 60_000;

const KINDS = {
  stack: { model: 'stack', put: 'push', take: 'pop' },
  heap: { model: 'priority-queue', put: 'insert', take: 'poll' },
} as const;
type KindName = keyof typeof KINDS;

/** A right history by eight processes: each operation happens at its own moment, some time after its call. */
function made(kind: KindName, operations: number): Operation[] {
  const { put, take } = KINDS[kind];
  const random = seededRandom(1);
  const items: number[] = [];
  return Array.from({ length: operations }, (_, index) => {
    const moment = 10 * index;
    const draw = random.float();
    const f = draw < 0.45 ? put : draw < 0.9 ? take : 'peek';
    const input = f === put ? (index * 7_919) % 1_000_003 : null;
    let output: number | null = null;
    if (input !== null) insert(kind, items, input);
    else output = (f === 'peek' ? items.at(-1) : items.pop()) ?? null;
    const call = moment - random.int(40);
    const ret = moment + 1 + random.int(40);
    return { index, process: index % 8, f, input, output, outcome: 'ok' as const, call, ret };
  });
}

/** On top, or where it belongs with the smallest on top. */
function insert(kind: KindName, items: number[], value: number): void {
  let at = items.length;
  if (kind === 'heap') while (at > 0 && items[at - 1]! < value) at--;
  items.splice(at, 0, value);
}

async function cpuMsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function porcupineMs({ binary, directory }: Porcupine, kind: KindName, history: readonly Operation[]) {
  const place = mkdtempSync(join(tmpdir(), 'kept-containers-'));
  try {
    const file = join(place, 'history');
    const codes = [KINDS[kind].put, KINDS[kind].take, 'peek'] as readonly string[];
    const lines = history.map(
      ({ f, input, output, call, ret }) =>
        `${codes.indexOf(f)} ${Number(input ?? output ?? -1)} ${call} ${ret}\n`,
    );
    writeFileSync(file, lines.join(''));
    const env = { KEPT_HISTORY: file, KEPT_KIND: kind };
    const { stdout } = await execa(binary, ['-test.run', '^TestKeptContainers$'], { cwd: directory, env });
    return JSON.parse(/^\{.*\}/m.exec(stdout)![0]) as { verdict: string; ms: number };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

const porcupine = await fetchPorcupine().catch(() => null);
if (porcupine === null) process.stdout.write('without Porcupine: it needs Go\n');
for (const kind of Object.keys(KINDS) as KindName[]) {
  const model = modelNamed(KINDS[kind].model);
  let before: { operations: number; ms: number } | null = null;
  for (const operations of SIZES.length > 0 ? SIZES : [1000, 10_000, 100_000, 1_000_000]) {
    const history = made(kind, operations);
    let method = '';
    const ms = await cpuMsOf(async () => {
      const result = await check(model, history, { explain: false });
      if (result.verdict !== 'valid') throw new Error(`${kind}: ${result.verdict}`);
      ({ method } = result);
    });
    const power =
      before === null ? null : Math.log(ms / before.ms) / Math.log(operations / before.operations);
    before = { operations, ms };
    const parts = [`${kind} ${operations}: ${method} ${ms.toFixed(0)} ms of CPU time`];
    if (power !== null) parts.push(`grows with the power of ${power.toFixed(2)}`);
    if (operations <= SEARCHED_MAX) {
      const engine = { ...model, shortcut: () => null };
      const signal = AbortSignal.timeout(SEARCH_MS);
      let verdict = '';
      const searched = await cpuMsOf(
        async () => ({ verdict } = await check(engine, history, { explain: false, signal })),
      );
      parts.push(`engine ${verdict} ${searched.toFixed(0)} ms (${(searched / ms).toFixed(1)}x)`);
      if (porcupine !== null) {
        const theirs = await porcupineMs(porcupine, kind, history);
        parts.push(
          `Porcupine ${theirs.verdict} ${theirs.ms} ms of wall time (${(theirs.ms / ms).toFixed(1)}x)`,
        );
      }
    }
    process.stdout.write(`${parts.join(', ')}\n`);
  }
}
if (porcupine !== null) rmSync(porcupine.directory, { recursive: true, force: true });
