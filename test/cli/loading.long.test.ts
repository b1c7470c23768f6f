import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { temporaryDirectory } from '../history/sample.ts';

/** Exit status 1 means "invalid". A kept that cannot be loaded must never say that: 70, and a sentence. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

/** A copy of the program, with the installed libraries, that a test may break. */
function copyNamed(name: string): string {
  const copy = join(root, name);
  mkdirSync(copy);
  for (const part of ['bin', 'src', 'package.json']) cpSync(part, join(copy, part), { recursive: true });
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
  return copy;
}

const kept = (copy: string, args: string[], nodeOptions: string[] = []) =>
  execa(process.execPath, [...nodeOptions, join(copy, 'bin/kept.js'), ...args], { reject: false });

const BREAKS: Record<string, (copy: string) => void> = {
  'without any library': (copy) => rmSync(join(copy, 'node_modules')),
  'without its first file': (copy) => rmSync(join(copy, 'src/core/sources.js')),
  'without its command line': (copy) => rmSync(join(copy, 'src/cli/main.ts')),
  'without the file of a command': (copy) => rmSync(join(copy, 'src/cli/commands/check.ts')),
  'without the checker': (copy) => rmSync(join(copy, 'src/checker/check.ts')),
  'with a source that is cut in the middle': (copy) =>
    writeFileSync(join(copy, 'src/cli/main.ts'), 'export async function main( {'),
  'without its package.json': (copy) => rmSync(join(copy, 'package.json')),
  'with a source that fails while it is not waited for': (copy) =>
    writeFileSync(
      join(copy, 'src/core/sources.js'),
      'Promise.reject(new Error("lost")); export const sourceLoader = () => new Promise(() => setInterval(() => {}, 10));',
    ),
};
for (const [title, breakIt] of Object.entries(BREAKS)) {
  test(`a program ${title} ends with 70 and a sentence`, async (t) => {
    const copy = copyNamed(title.replaceAll(' ', '-'));
    breakIt(copy);
    const { exitCode, stderr, stdout } = await kept(copy, ['check', 'store/example']);
    t.is(exitCode, 70, stderr);
    t.regex(stderr, /^kept: /);
    t.notRegex(stderr, /^ +at /m, 'no stack trace');
    t.is(stdout, '');
  });
}

test('an unsupported Node.js is told which one is needed', async (t) => {
  const old = join(root, 'old.cjs');
  writeFileSync(
    old,
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.18.3' } });`,
  );
  const { exitCode, stderr } = await kept(resolve('.'), ['--version'], ['--require', old]);
  t.is(exitCode, 70);
  t.regex(
    stderr,
    /^kept: this program cannot be loaded: it needs Node\.js 20\.19 or newer, and this is 20\.18\.3\n/,
  );
});

test('the copy itself works', async (t) => {
  const { exitCode } = await kept(copyNamed('whole'), ['--version']);
  t.is(exitCode, 0);
});
