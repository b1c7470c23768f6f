import { cpSync, chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** Porcupine as its authors ship it, with its recorded logs and the verdicts that its own tests expect of them. */
export interface Porcupine {
  version: string;
  /** The built tests of its package; they run in `directory`. */
  binary: string;
  directory: string;
  logs: string;
  /** By log: whether it is linearizable. */
  expected: Map<string, boolean>;
}

/** Fetches the current version through the Go module proxy and builds it in a temporary directory. Needs Go. */
export async function fetchPorcupine(): Promise<Porcupine> {
  const directory = mkdtempSync(join(tmpdir(), 'kept-porcupine-'));
  const { stdout } = await execa(
    'go',
    ['mod', 'download', '-json', 'github.com/anishathalye/porcupine@latest'],
    { cwd: directory },
  );
  const { Dir, Version } = JSON.parse(stdout) as { Dir: string; Version: string };
  cpSync(Dir, directory, { recursive: true });
  // The module cache is read-only, and so are copies of it.
  for (const entry of readdirSync(directory, { recursive: true, encoding: 'utf8' }))
    chmodSync(join(directory, entry), 0o755);
  chmodSync(directory, 0o755);
  for (const file of ['kept_bench_test.go', 'containers_bench_test.go'])
    cpSync(join(import.meta.dirname, file), join(directory, file));
  const binary = join(directory, 'porcupine.test');
  await execa('go', ['test', '-c', '-o', binary, '.'], { cwd: directory });
  const tests = readFileSync(join(directory, 'porcupine_test.go'), 'utf8');
  const expected = expectedIn(tests);
  const logs = join(directory, 'test_data');
  for (const folder of ['jepsen', 'kv']) {
    // One of the files is empty, and its authors expect nothing of it.
    for (const file of readdirSync(join(logs, folder))) {
      if (!expected.has(`${folder}/${file}`)) rmSync(join(logs, folder, file), { force: true });
    }
  }
  return { version: Version, binary, directory, logs, expected };
}

function expectedIn(tests: string): Map<string, boolean> {
  const expected = new Map<string, boolean>();
  for (const [, number, valid] of tests.matchAll(/checkJepsen\(t, (\d+), (true|false)\)/g)) {
    expected.set(`jepsen/etcd_${number!.padStart(3, '0')}.log`, valid === 'true');
  }
  for (const [, name, valid] of tests.matchAll(/checkKv\(t, "([^"]+)", (true|false), true\)/g)) {
    expected.set(`kv/${name}.txt`, valid === 'true');
  }
  return expected;
}
