import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { wallClockMs } from '../../src/core/clock.ts';
import { temporaryDirectory } from '../history/sample.ts';

/** Where Node strips the types by itself nothing is compiled. */
const compiling = 'typescript' in process.features && process.features.typescript ? test.skip : test;
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

/** A copy of the program with a cache of its own. */
function copyNamed(name: string): { copy: string; cache: string } {
  const copy = join(root, name);
  mkdirSync(join(copy, 'node_modules'), { recursive: true });
  for (const part of ['bin', 'src', 'package.json']) cpSync(part, join(copy, part), { recursive: true });
  const installed = realpathSync(resolve('node_modules'));
  for (const entry of readdirSync(installed))
    if (entry !== '.cache') symlinkSync(join(installed, entry), join(copy, 'node_modules', entry));
  return { copy, cache: join(copy, 'node_modules', '.cache') };
}

const kept = (copy: string, args: string[], env: Record<string, string> = {}) =>
  execa(process.execPath, [join(copy, 'bin/kept.js'), ...args], { reject: false, env });

const EXAMPLE = resolve('store/example');

compiling(
  'the sources are compiled once, and again when one has changed; what nothing uses goes',
  async (t) => {
    const { copy, cache } = copyNamed('changing');
    const compiled = () => readdirSync(join(cache, 'kept-sources'));
    // At the same time, as in a script.
    const first = await Promise.all([kept(copy, ['--help']), kept(copy, ['check', EXAMPLE])]);
    t.deepEqual(
      first.map(({ exitCode }) => exitCode),
      [0, 1],
      first.map(({ stderr }) => stderr).join('\n'),
    );
    const before = compiled();
    t.is(before.length, 1);
    t.regex(first[0].stdout, /run a scenario against/i);

    const main = join(copy, 'src/cli/commands/scenarios.ts');
    const said = readFileSync(main, 'utf8');
    writeFileSync(main, said.replace(/(\.description\(\s*['`])/, '$1Changed. '));
    t.regex((await kept(copy, ['scenarios', '--help'])).stdout, /Changed\. /);
    t.is(compiled().length, 2);

    const place = join(cache, 'kept-sources');
    const isUnusedFor = (name: string, hours: number) => {
      mkdirSync(join(place, name), { recursive: true });
      const then = new Date(wallClockMs() - hours * 3_600_000);
      utimesSync(join(place, name), then, then);
    };
    isUnusedFor(before[0]!, 25);
    isUnusedFor('lately', 3);
    writeFileSync(main, said);
    t.notRegex((await kept(copy, ['scenarios', '--help'])).stdout, /Changed\. /);
    t.false(compiled().includes(before[0]!), 'what is unused for a day goes');
    t.true(compiled().includes('lately'));
    for (let each = 0; each < 30; each++) isUnusedFor(`of-a-day-of-changes-${each}`, 1);
    writeFileSync(main, said);
    t.is((await kept(copy, ['--version'])).exitCode, 0);
    t.false(compiled().includes('lately'), 'and where there are many, what is unused for hours');
    t.true(compiled().includes('of-a-day-of-changes-29'));
    t.deepEqual(
      compiled().filter((name) => name.endsWith('.new')),
      [],
    );
  },
);

compiling('where nothing can be kept or compiled, it works all the same', async (t) => {
  const { copy, cache } = copyNamed('no-cache');
  writeFileSync(cache, 'no directory');
  const { exitCode, stdout, stderr } = await kept(copy, ['check', EXAMPLE]);
  t.is(exitCode, 1, stderr);
  t.regex(stdout, /1,549/);
});

compiling('a defect is told with its place in the sources', async (t) => {
  const { copy } = copyNamed('defect');
  const file = join(copy, 'src/cli/commands/scenarios.ts');
  const broken = readFileSync(file, 'utf8').replace(
    /export function addScenariosCommand\([^{]*\{\n/,
    (head) => `${head}  throw new TypeError('planted');\n`,
  );
  writeFileSync(file, broken);
  const line = broken.split('\n').findIndex((text) => text.includes('planted')) + 1;
  const { stderr } = await kept(copy, ['scenarios'], { KEPT_DEBUG: '1' });
  t.regex(stderr, new RegExp(`src/cli/commands/scenarios\\.ts:${line}:`));
});
