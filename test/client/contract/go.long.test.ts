import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { askAgainstFakeBroker } from './against-fake-broker.ts';

/**
 * The example in Go (docs/examples/go-client) keeps to what every client must keep to. It is built as its users build it; Go keeps
 * what it compiled, so that only the first time takes long.
 */
const SOURCES = resolve('docs/examples/go-client');
const go = versionOfGo();

if (go === null) {
  test.skip('Go is not installed here, so the example in Go was not tried', () => undefined);
} else {
  const program = join(mkdtempSync(join(tmpdir(), 'kept-go-')), 'client');
  execFileSync('go', ['build', '-o', program, '.'], { cwd: SOURCES, stdio: ['ignore', 'ignore', 'inherit'] });
  askAgainstFakeBroker({
    kind: 'command',
    library: 'franz-go',
    version: '1.18.1',
    mode: 'application',
    command: [program],
    settings: {},
  });
}

function versionOfGo(): string | null {
  try {
    return execFileSync('go', ['version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
