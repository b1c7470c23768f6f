import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { check } from '../../src/checker/check.ts';
import { findLibrdkafka, pythonsToAsk } from '../../src/client/process/librdkafka.ts';
import { openRun } from '../../src/history/directory.ts';
import { readInterchange } from '../../src/history/interchange/read.ts';
import { formatInterchange } from '../../src/history/interchange/write.ts';
import type { ScenarioInput } from '../../src/scenario/schema.ts';
import { kept } from '../given/run-kept.ts';

/** Two copiers of two partitions, which are stopped in the middle of transactions for longer than these may be open. */
const SCENARIO = {
  name: 'exactly-once-e2e',
  topic: { partitions: 4, replicationFactor: 3, minInsyncReplicas: 2 },
  load: { workers: 2, ratePerSecond: 100 },
  phases: { warmUpMs: 1_000, faultsMs: 16_000, recoveryMs: 1_000 },
  group: { members: 2, commit: 'transaction', transactions: { timeoutMs: 3_000 } },
} satisfies ScenarioInput;

async function run(t: ExecutionContext, changed: Partial<ScenarioInput>) {
  t.timeout(240_000);
  const directory = mkdtempSync(join(tmpdir(), 'kept-e2e-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'exactly-once-e2e.json');
  writeFileSync(file, JSON.stringify({ ...SCENARIO, ...changed }));
  const { output } = await kept(['run', file, '--seed', '3', '--kafka', '4.4.0', '--store', directory]);
  t.notRegex(output, /^kept: /m, output);
  return { directory, run: await openRun(join(directory, 'run-1')) };
}

test.serial(
  'members of a group copy each record once, although they are stopped, killed and replaced',
  async (t) => {
    const { directory, run: recorded } = await run(t, {
      consumer: { library: 'java' },
      group: {
        ...SCENARIO.group,
        churn: { mix: ['pause', 'kill'], meanIntervalMs: 3_000, meanAwayMs: 300 },
      },
      nemesis: {
        script: [{ atMs: 4_000, fault: { kind: 'kill', target: 'leader' }, forMs: 3_000 }],
        keepBrokersUp: 2,
      },
    });
    const result = check(recorded, { claim: 'kept' });
    t.deepEqual([result.verdict, result.findings], ['valid', []], result.reasons.join(' '));
    const { copies, group, transactions } = result;
    t.true(copies!.due > 500 && copies!.copied === copies!.due, JSON.stringify(copies));
    t.true(group!.killed > 0 && group!.paused > 0 && transactions!.committed > 2, JSON.stringify(group));

    const exported = join(directory, 'history.ndjson');
    writeFileSync(exported, [...formatInterchange(recorded)].join(''));
    const again = check(readInterchange(exported), { claim: 'kept' });
    t.deepEqual([again.verdict, again.copies], [result.verdict, result.copies]);
  },
);

test.serial('a copier that commits its offsets by themselves loses copies, and is found out', async (t) => {
  const { command } = await findLibrdkafka(pythonsToAsk(process.env));
  const [python = 'python3', program = ''] = command ?? [];
  const { run: recorded } = await run(t, {
    consumer: { library: 'command', command: [python, resolve('test/e2e/forgetful-copier.py'), program] },
    phases: { warmUpMs: 500, faultsMs: 4_000, recoveryMs: 500 },
    nemesis: { script: [], keepBrokersUp: 3 },
  });
  const result = check(recorded, { claim: 'kept' });
  t.is(result.verdict, 'invalid', result.reasons.join(' '));
  // The log itself is whole. Offsets of transactions that were aborted may have been seen.
  const kinds = result.findings.map(({ kind }) => kind).filter((kind) => kind !== 'offset-phantom');
  t.deepEqual([...new Set(kinds)], ['eos-missing']);
  // Somebody's program may be wrong as well as the brokers.
  for (const finding of result.findings) t.like(finding, { judgement: 'violation', blame: 'unknown' });
});
