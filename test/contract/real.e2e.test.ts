import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import { execa } from 'execa';
import { CASES, type Facts } from './cases.ts';

/**
 * The contract between model and Kafka, Kafka's side: the same cases, the same facts. Serial: two clusters at once
 * would disturb each other's failure detection.
 */
const FIXTURE = resolve(import.meta.dirname, 'real-fixture.ts');
const WORLDS = [
  ['2.0.1', 'zookeeper'],
  ['3.9.1', 'zookeeper'],
  ['4.4.0', 'kraft-separate'],
] as const;

/** On a machine that is too busy, a broker may be slow enough to lose its place by itself. A disagreement repeats. */
const ATTEMPTS = 2;

for (const [version, mode] of WORLDS) {
  test.serial(`Kafka ${version} (${mode}) and the model agree on every case`, async (t) => {
    t.timeout(600_000);
    const expected = Object.fromEntries(CASES.map(({ name, facts }) => [name, facts]));
    for (let attempt = 1; ; attempt++) {
      const told = await tellOnce(version, mode);
      if (attempt < ATTEMPTS && !isDeepStrictEqual(told, expected)) {
        t.log(`attempt ${attempt} told other facts: ${JSON.stringify(told)}`);
        continue;
      }
      t.deepEqual(told, expected);
      return;
    }
  });
}

async function tellOnce(version: string, mode: string): Promise<Record<string, Facts>> {
  const directory = mkdtempSync(join(tmpdir(), 'kept-contract-'));
  try {
    const args = ['--import=tsx', FIXTURE, version, mode, directory];
    const { stdout, stderr, exitCode } = await execa(process.execPath, args, { reject: false });
    if (exitCode !== 0) throw new Error(`the cases ended with ${exitCode}: ${stderr}`);
    return JSON.parse(stdout.split('\n').at(-1)!) as Record<string, Facts>;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
