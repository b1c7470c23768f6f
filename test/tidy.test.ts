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
  generator: ['history'],
  client: ['history'],
  db: ['control', 'history'],
  nemesis: ['history', 'db', 'control'],
  sim: ['history', 'client', 'db', 'control'],
  scenario: ['generator', 'nemesis', 'checker', 'history'],
  // A whole run in virtual time is a function here; the runner itself sees only what a world is.
  world: ['client', 'db', 'control', 'sim', 'history', 'nemesis', 'runner', 'scenario'],
  runner: ['history', 'generator', 'client', 'nemesis', 'db', 'control', 'world', 'scenario'],
  checker: ['history'],
  linear: [],
  report: ['history', 'checker'],
  search: ['scenario', 'nemesis', 'sim', 'world', 'history', 'checker'],
  cli: [
    'scenario',
    'generator',
    'client',
    'nemesis',
    'db',
    'control',
    'sim',
    'world',
    'search',
    'runner',
    'history',
    'checker',
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
  'kafkajs',
  'apache-arrow',
  'd3-node',
  'hdr-histogram-js',
  'hyparquet-writer',
  'dockerode',
  'ssh2',
];

const BANNED_CALLS =
  /(?<!\.)\b(Date\.now|new Date\(\)|setTimeout|setInterval|Math\.random|process\.hrtime|performance\.now)\b/;

interface Source {
  /** Relative to the project's root. */
  path: string;
  text: string;
}

const sources: Source[] = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ path: join('src', file), text: readFileSync(join(ROOT, 'src', file), 'utf8') }));

interface Import {
  from: string;
  specifier: string;
  typeOnly: boolean;
}

const imports: Import[] = sources.flatMap(({ path, text }) =>
  [
    ...text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm),
  ].map((match) => ({ from: path, specifier: match[2] ?? match[3]!, typeOnly: match[1] !== undefined })),
);

/** The folder of src/ that a relative import leads to. */
function folderOf(path: string): string {
  return path.split('/')[1]!;
}

test('imports go in one direction only', (t) => {
  const wrong = imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ from, specifier, typeOnly }) => {
      const to = relative(ROOT, resolve(ROOT, dirname(from), specifier));
      return { from, to, typeOnly, here: folderOf(from), there: folderOf(to) };
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
        .filter(({ line }) => BANNED_CALLS.test(line.replace(/\/\/.*|^\s*\*.*/, '')))
        .map(({ place }) => place),
    );
  t.deepEqual(touching, []);
});

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

/** A run made of literal rows: the way in for tests, and for histories of other tools. */
const FOR_TESTS = ['src/history/memory.ts'];

test('no file is dead: everything is reached from the command line', (t) => {
  const reached = new Set<string>();
  const visit = (path: string) => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const { from, specifier } of imports) {
      if (from === path && specifier.startsWith('.')) {
        visit(relative(ROOT, resolve(ROOT, dirname(from), specifier)));
      }
    }
  };
  visit('src/cli/main.ts');
  t.deepEqual(
    sources.map(({ path }) => path).filter((path) => !reached.has(path) && !path.endsWith('.d.ts')),
    FOR_TESTS,
  );
});

test('there are no barrel files and no folders or files for leftovers', (t) => {
  const paths = sources.map(({ path }) => path);
  t.deepEqual(
    paths.filter((path) => /(^|\/)(index|utils?|helpers?|common|misc)(\.ts|\/)/i.test(path)),
    [],
  );
});
