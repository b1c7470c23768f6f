import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import test from 'ava';

/**
 * What is a fact about the code is a test: who may import whom, who may touch the clock, which library has one door.
 */
const ROOT = resolve(import.meta.dirname, '..');

/** Folder of src/ → the folders it may import; every folder may import itself and core. */
const MAY_IMPORT: Record<string, string[]> = {
  core: [],
  control: [],
  history: [],
  jars: [],
  generator: ['history'],
  client: ['history'],
  db: ['control', 'history', 'jars'],
  nemesis: ['history', 'db', 'control'],
  sim: ['history', 'client', 'db', 'control'],
  scenario: ['generator', 'nemesis', 'checker', 'history'],
  world: ['client', 'db', 'control', 'sim', 'history', 'scenario'],
  runner: ['history', 'generator', 'client', 'nemesis', 'db', 'control', 'world', 'scenario'],
  checker: ['history'],
  linear: [],
  statistics: [],
  engine: ['history', 'checker'],
  report: ['history', 'checker', 'statistics'],
  search: ['scenario', 'nemesis', 'sim', 'run', 'history', 'checker'],
  run: [
    'scenario',
    'client',
    'jars',
    'nemesis',
    'db',
    'control',
    'sim',
    'world',
    'runner',
    'history',
    'checker',
    'linear',
    'report',
  ],
  hand: ['run', 'scenario', 'generator', 'client', 'nemesis', 'world', 'runner', 'history', 'report'],
  cli: [
    'hand',
    'run',
    'scenario',
    'generator',
    'client',
    'nemesis',
    'jars',
    'db',
    'control',
    'sim',
    'world',
    'search',
    'runner',
    'history',
    'checker',
    'engine',
    'linear',
    'report',
  ],
};

/** Where only another folder's interface is allowed: these folders see types, never implementations. */
const TYPES_ONLY: Record<string, string[]> = {
  nemesis: ['db', 'control'],
  runner: ['client', 'db', 'control', 'world'],
  sim: ['client', 'db', 'control'],
};

/** Libraries that one file each keeps the door of. */
const ONE_DOOR = [
  'execa',
  'node:child_process',
  'kafkajs',
  '@platformatic/kafka',
  'apache-arrow',
  'd3-node',
  'hdr-histogram-js',
  'hyparquet-writer',
  'hyparquet',
  '@duckdb/node-api',
  'dockerode',
  'ssh2',
];

/**
 * What tells the time, waits for it, or is random without a seed. `setImmediate` is none of these: it lets other work
 * come first, and no result depends on it.
 */
const BANNED_CALLS = new RegExp(
  [
    String.raw`(?<!\.)\b(?:Date\.now|performance\.(?:now|timeOrigin)|process\.(?:hrtime|uptime)|AbortSignal\.timeout)\b`,
    String.raw`\b(?:setTimeout|setInterval|Math\.random|randomUUID|randomBytes|randomInt|getRandomValues)\b`,
    String.raw`\bnew Date\b(?!\()|(?<!\.)\bDate\(\s*\)`,
  ].join('|'),
);

/** The same without comments: what is only talked about is not touched. */
function touchesTheClock(line: string): boolean {
  return BANNED_CALLS.test(line.replace(/\/\/.*|^\s*\/?\*.*/, ''));
}

interface Source {
  /** Relative to the project's root. */
  path: string;
  text: string;
}

const sources: Source[] = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(ts|js)$/.test(file))
  .map((file) => ({ path: join('src', file), text: readFileSync(join(ROOT, 'src', file), 'utf8') }));

interface Import {
  from: string;
  specifier: string;
  typeOnly: boolean;
}

const imports: Import[] = sources.flatMap(({ path, text }) =>
  [
    ...text.matchAll(
      /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)|new URL\('([^']+\.js)', import\.meta\.url\)/gm,
    ),
  ].map((match) => ({
    from: path,
    // The program of a thread is named without a dot.
    specifier: match[2] ?? match[3] ?? `./${match[4]!}`,
    typeOnly: match[1] !== undefined,
  })),
);

/** Path of the file that an import leads to; null for a package. */
function targetOf({ from, specifier }: Import): string | null {
  return specifier.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(from), specifier)) : null;
}

/** The folder of src/ that a relative import leads to. */
function folderOf(path: string): string {
  return path.split('/')[1]!;
}

test('imports go in one direction only', (t) => {
  const wrong = imports
    .flatMap((line) => {
      const to = targetOf(line);
      if (to === null) return [];
      return [{ ...line, to, here: folderOf(line.from), there: folderOf(to) }];
    })
    .filter(({ to, here, there, typeOnly }) => {
      if (!to.startsWith('src/')) return !to.endsWith('package.json');
      if (there === here || there === 'core') return false;
      if (!MAY_IMPORT[here]?.includes(there)) return true;
      return TYPES_ONLY[here]?.includes(there) === true && !typeOnly;
    })
    .map(({ from, to }) => `${from} → ${to}`);
  t.deepEqual(wrong, []);
});

test('every folder of the sources stands in the import table', (t) => {
  const folders = [...new Set(sources.map(({ path }) => folderOf(path)))];
  t.deepEqual(
    folders.filter((folder) => !(folder in MAY_IMPORT)),
    [],
  );
});

test('only core touches clocks, timers and unseeded randomness', (t) => {
  const touching = sources
    .filter(({ path }) => folderOf(path) !== 'core')
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .map((line, index) => ({ line, place: `${path}:${index + 1}` }))
        .filter(({ line }) => touchesTheClock(line))
        .map(({ place }) => place),
    );
  t.deepEqual(touching, []);
});

test('every way to touch the clock is noticed, and what only looks like it is not', (t) => {
  const touching = [
    'const at = Date.now();',
    'const at = new Date();',
    'const at = new Date;',
    'const text = Date();',
    'const at = new Date( ).getTime();',
    'setTimeout(done, 5);',
    "import { setTimeout as sleep } from 'node:timers/promises';",
    'globalThis.setTimeout(done, 5);',
    'setInterval(look, 5);',
    'const draw = Math.random;',
    'process.hrtime.bigint()',
    'process.uptime()',
    'performance.now()',
    'AbortSignal.timeout(5)',
    'crypto.randomUUID()',
  ];
  const innocent = [
    'new Date(endedMs).toISOString()',
    '// Date.now() is for core',
    '/** AbortSignal.timeout(60_000) is a deadline. */',
    ' * setTimeout would do',
    'clearTimeout(timer)',
    'setImmediate(turn)',
    'clock.nowNs()',
  ];
  t.deepEqual(
    touching.filter((line) => !touchesTheClock(line)),
    [],
  );
  t.deepEqual(
    innocent.filter((line) => touchesTheClock(line)),
    [],
  );
});

test('no file imports itself by way of others, not even for a type', (t) => {
  t.deepEqual(circles(imports), []);
  const line = (from: string, specifier: string) => ({ from, specifier, typeOnly: true });
  const [a, b, c] = ['src/x/a.ts', 'src/x/b.ts', 'src/y/c.ts'];
  t.deepEqual(circles([line(a, './b.ts'), line(b, '../y/c.ts'), line(c, '../x/a.ts')]), [[a, b, c, a]]);
  t.deepEqual(circles([line(a, './a.ts')]), [[a, a]]);
  t.deepEqual(circles([line(a, './b.ts'), line(a, '../y/c.ts'), line(b, '../y/c.ts')]), []);
});

/** A circle for each file at which one closes: the paths along it, the first one again at the end. */
function circles(lines: readonly Import[]): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]) => {
    const from = way.indexOf(path);
    if (from >= 0) found.push([...way.slice(from), path]);
    if (done.has(path) || from >= 0) return;
    for (const line of lines) {
      const to = line.from === path ? targetOf(line) : null;
      if (to !== null) visit(to, [...way, path]);
    }
    done.add(path);
  };
  for (const { from } of lines) visit(from, []);
  return found;
}

test('each of the large libraries has one importing file', (t) => {
  for (const library of ONE_DOOR) {
    const doors = sources
      .filter(({ text }) =>
        new RegExp(`(?:from\\s+|import\\(|load\\(|require\\()'${library}(?:/[^']*)?'`).test(text),
      )
      .map(({ path }) => path);
    t.true(doors.length <= 1, `${library} is imported by ${doors.join(', ')}`);
  }
});

test('no file is dead: everything is reached from the command line', (t) => {
  const reached = new Set<string>();
  const visit = (path: string) => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const line of imports) {
      const to = line.from === path ? targetOf(line) : null;
      if (to !== null) visit(to);
    }
  };
  visit('src/cli/main.ts');
  t.deepEqual(
    sources.map(({ path }) => path).filter((path) => !reached.has(path) && !path.endsWith('.d.ts')),
    [],
  );
});

test('there are no barrel files and no folders or files for leftovers', (t) => {
  const paths = sources.map(({ path }) => path);
  t.deepEqual(
    paths.filter((path) => /(^|\/)(index|utils?|helpers?|common|misc)(\.ts|\/)/i.test(path)),
    [],
  );
});

test('a property that fails says how to repeat it: none is tried but through holds.ts', (t) => {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
  const direct = files
    .filter((file) => file.endsWith('.test.ts') && file !== 'tidy.test.ts')
    .filter((file) => readFileSync(join(import.meta.dirname, file), 'utf8').includes('fc.assert('));
  t.deepEqual(direct, []);
});
