import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { HAS } from '../lab/cases.ts';
import { CASES, type Facts } from './cases.ts';
import { TRANSACTION_CASES, type TransactionFacts } from './transaction-cases.ts';

/**
 * The contract between model and Kafka, Kafka's side: the same cases, the same facts. Serial: two clusters at once
 * would disturb each other's failure detection. Containers differ in the lab alone, whose contract is in test/lab.
 */
const FIXTURE = resolve(import.meta.dirname, 'real-fixture.ts');
const WORLDS = [
  ['netns', '2.0.1', 'zookeeper'],
  ['netns', '3.9.1', 'zookeeper'],
  ['netns', '4.4.0', 'kraft-separate'],
  ['loopback', '4.4.0', 'kraft-separate'],
] as const;

for (const [lab, version, mode] of WORLDS) {
  test.serial(`Kafka ${version} (${mode}, ${lab}) and the model agree on every case`, async (t) => {
    t.timeout(600_000);
    const possible = CASES.filter(({ needs }) => needs !== 'net' || HAS[lab].includes('net'));
    const expected = Object.fromEntries(possible.map(({ name, facts }) => [name, facts]));
    t.deepEqual(await tellOnce<Record<string, Facts>>([lab, version, mode]), expected);
  });
}

const IN_TRANSACTIONS = [
  ['3.9.1', 'zookeeper', [1]],
  ['4.4.0', 'kraft-separate', [1, 2]],
] as const;

for (const [kafka, mode, versions] of IN_TRANSACTIONS) {
  test.serial(
    `Kafka ${kafka} and the model agree on transactions of version ${versions.join(' and ')}`,
    async (t) => {
      t.timeout(600_000);
      const told = await tellOnce<TransactionFacts[]>(['netns', kafka, mode], versions.map(String));
      const factsOf = (version: 1 | 2) =>
        Object.fromEntries(TRANSACTION_CASES.map(({ name, facts }) => [name, facts(version)]));
      t.deepEqual(
        told,
        versions.map((version) => ({ version, cases: factsOf(version) })),
      );
    },
  );
}

async function tellOnce<Told>(place: readonly string[], words: readonly string[] = []): Promise<Told> {
  const directory = mkdtempSync(join(tmpdir(), 'kept-contract-'));
  try {
    const args = [...place, directory, ...words];
    const { stdout, stderr, exitCode } = await execa(process.execPath, ['--import=tsx', FIXTURE, ...args], {
      reject: false,
    });
    if (exitCode !== 0) throw new Error(`the cases ended with ${exitCode}: ${stderr}`);
    return JSON.parse(stdout.split('\n').at(-1)!) as Told;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
