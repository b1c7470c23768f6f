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
    t.timeout(300_000);
    const directory = mkdtempSync(join(tmpdir(), 'kept-contract-'));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    const { stdout, stderr, exitCode } = await execa(
      process.execPath,
      ['--import=tsx', FIXTURE, version, mode, directory],
      { reject: false },
    );
    t.is(exitCode, 0, stderr);
    const told = JSON.parse(stdout.split('\n').at(-1)!) as Record<string, Facts>;
    for (const { name, facts } of CASES) t.deepEqual(told[name], facts, name);
  });
}
