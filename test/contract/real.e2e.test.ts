import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
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

for (const [version, mode] of WORLDS) {
  test.serial(`Kafka ${version} (${mode}) and the model agree on every case`, async (t) => {
    t.timeout(600_000);
    const expected = Object.fromEntries(CASES.map(({ name, facts }) => [name, facts]));
    t.deepEqual(await tellOnce(version, mode), expected);
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
