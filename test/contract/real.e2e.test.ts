import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { CASES } from './cases.ts';
import type { ToldByKafka } from './real-fixture.ts';
import { TRANSACTION_CASES } from './transaction-cases.ts';
import { AS_COMPILED } from '../as-compiled.ts';

/**
 * The contract between model and Kafka, Kafka's side: the same cases, the same facts. Serial: two clusters at once
 * would disturb each other's failure detection. Other labs differ in themselves alone: their contract is in test/lab.
 */
const FIXTURE = resolve(import.meta.dirname, 'real-fixture.ts');
const WORLDS = [
  ['2.0.1', 'zookeeper', []],
  ['3.9.1', 'zookeeper', [1]],
  ['4.4.0', 'kraft-separate', [1, 2]],
] as const;

for (const [kafka, mode, versions] of WORLDS) {
  const which = `Kafka ${kafka} (${mode})`;
  let told: ToldByKafka | undefined;

  test.serial(`${which} and the model agree on every case`, async (t) => {
    t.timeout(600_000);
    told = await tellOnce([kafka, mode], versions.map(String));
    t.deepEqual(told.cases, Object.fromEntries(CASES.map(({ name, facts }) => [name, facts])));
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
    const { stdout, stderr, exitCode } = await execa(process.execPath, [AS_COMPILED, FIXTURE, ...args], {
      reject: false,
    });
    if (exitCode !== 0) throw new Error(`the cases ended with ${exitCode}: ${stderr}`);
    return JSON.parse(stdout.split('\n').at(-1)!) as ToldByKafka;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
