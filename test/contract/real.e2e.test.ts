import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { HAS } from '../lab/cases.ts';
import { CASES } from './cases.ts';
import type { ToldByKafka } from './real-fixture.ts';
import { TRANSACTION_CASES } from './transaction-cases.ts';

/**
 * The contract between model and Kafka, Kafka's side: the same cases, the same facts. Serial: two clusters at once
 * would disturb each other's failure detection. Containers differ in the lab alone, whose contract is in test/lab.
 */
const FIXTURE = resolve(import.meta.dirname, 'real-fixture.ts');
const WORLDS = [
  ['netns', '2.0.1', 'zookeeper', []],
  ['netns', '3.9.1', 'zookeeper', [1]],
  ['netns', '4.4.0', 'kraft-separate', [1, 2]],
  ['loopback', '4.4.0', 'kraft-separate', []],
] as const;

for (const [lab, kafka, mode, versions] of WORLDS) {
  const which = `Kafka ${kafka} (${mode}, ${lab})`;
  let told: ToldByKafka | undefined;

  test.serial(`${which} and the model agree on every case`, async (t) => {
    t.timeout(600_000);
    const possible = CASES.filter(({ needs }) => needs !== 'net' || HAS[lab].includes('net'));
    told = await tellOnce([lab, kafka, mode], versions.map(String));
    t.deepEqual(told.cases, Object.fromEntries(possible.map(({ name, facts }) => [name, facts])));
  });

  if (versions.length > 0)
    test.serial(`${which} and the model agree on transactions of version ${versions.join(' and ')}`, (t) => {
      const factsOf = (version: 1 | 2) =>
        Object.fromEntries(TRANSACTION_CASES.map(({ name, facts }) => [name, facts(version)]));
      t.deepEqual(
        told?.transactions,
        versions.map((version) => ({ version, cases: factsOf(version) })),
      );
    });
}

async function tellOnce(place: readonly string[], versions: readonly string[]): Promise<ToldByKafka> {
  const directory = mkdtempSync(join(tmpdir(), 'kept-contract-'));
  try {
    const args = [...place, directory, ...versions];
    const { stdout, stderr, exitCode } = await execa(process.execPath, ['--import=tsx', FIXTURE, ...args], {
      reject: false,
    });
    if (exitCode !== 0) throw new Error(`the cases ended with ${exitCode}: ${stderr}`);
    return JSON.parse(stdout.split('\n').at(-1)!) as ToldByKafka;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
