import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const KEPT = resolve(import.meta.dirname, '../../bin/kept.js');

export interface Ended {
  status: number | null;
  output: string;
}

/** The command line, as a person starts it. */
export function kept(words: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  return startKept(words, environment).ended;
}

/** The same while it goes on. */
export function startKept(
  words: readonly string[],
  environment: Record<string, string> = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [KEPT, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let output = '';
  const ended = new Promise<Ended>((done, failed) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (output += String(chunk)));
    child.once('error', failed);
    child.once('close', (status) => done({ status, output }));
  });
  return { child, ended };
}

/** The bytes of every file below it. */
export function filesBelow(directory: string): { path: string; bytes: Buffer }[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ path, bytes: readFileSync(path) }));
}
