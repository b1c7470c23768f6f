/**
 * The tests, compiled: esbuild makes JavaScript of all of them and of the sources that they import, in half a second, before the
 * first one starts. Each test file has a process of its own, and a loader that compiles on the way (tsx) costs each of them
 * about 0.4 s of a processor, most of it for its own start, although it finds what it compiled the last time: with 130
 * files that is 50 s. Nothing is kept from one run to the next, so nothing can be stale.
 *
 * Programs that tests run are compiled with them: tsx costs each of those that import the whole of `kept` three seconds.
 *
 * ava.config.js calls `compile` once; AVA calls the exported function in each process, before it loads the test file.
 */
const { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync } = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const ROOT = path.resolve(__dirname, '..');

/** From now on in this process: who requires a test gets the promise of the compiled one, which AVA waits for. */
module.exports = function loadCompiled(directory) {
  const ready = tellLinesOfTests();
  const load = (file) => import(pathToFileURL(path.join(directory, file).replace(/\.ts$/, '.js')).href);
  require.extensions['.ts'] = (loaded, absolute) => {
    const file = path.relative(ROOT, absolute);
    const files = groups()[file] ?? [file];
    loaded.exports = ready.then(() => (files.length === 1 ? load(file) : loadGroup(files, load)));
  };
};

/** AVA's TAP has the first line of a stack only, and that is one of AVA's own when an assertion fails. */
async function tellLinesOfTests() {
  const assertions = realpathSync(path.join(ROOT, 'node_modules', 'ava', 'lib', 'assert.js'));
  const { AssertionError } = await import(pathToFileURL(assertions).href);
  const isOfAva = (line) => /^ +at .*\/node_modules\/ava\/lib\//.test(line);
  Object.defineProperty(AssertionError.prototype, 'assertionStack', {
    set(stack) {
      const value = stack
        .split('\n')
        .filter((line) => !isOfAva(line))
        .join('\n');
      Object.defineProperty(this, 'assertionStack', { value });
    },
  });
}

/** Which files share a process: by the first of them, all of them. test/run.js decides that. */
function groups() {
  return JSON.parse(process.env[module.exports.GROUPS] ?? '{}');
}
module.exports.GROUPS = 'KEPT_TEST_GROUPS';

/** What becomes of the tests that they declare says test/grouped-ava.js. */
async function loadGroup(files, load) {
  const group = { files, file: null, declared: [], problems: new Map(), whenLoaded: [] };
  globalThis[Symbol.for('kept.test-group')] = group;
  for (const file of files) {
    group.file = file;
    await load(file).catch((error) => group.problems.set(file, [error]));
  }
  for (const act of group.whenLoaded) act();
}

/** @returns where the compiled tests are until this process ends. */
module.exports.compile = async function compile() {
  const { build } = require('esbuild');
  const { placeOfFile, placeOfFileDefines } = await import('../src/core/place-of-file.js');
  // Packages are found from here, and no tool looks for sources here. In a worktree it may be a link to elsewhere.
  const place = path.join(realpathSync(path.join(ROOT, 'node_modules')), '.cache', 'kept-tests');
  mkdirSync(place, { recursive: true });
  for (const pid of readdirSync(place)) if (!isRunning(Number(pid))) remove(path.join(place, pid));
  const directory = path.join(place, String(process.pid));
  process.once('exit', () => remove(directory));
  const sources = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(__dirname, file));
  const programs = sources.filter((file) => !isTest(file) && isProgram(readFileSync(file, 'utf8')));
  await build({
    entryPoints: [...sources.filter(isTest), ...programs],
    outdir: directory,
    outbase: ROOT,
    bundle: true,
    // What several tests import is written once.
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // For the places of errors.
    sourcemap: 'inline',
    sourcesContent: false,
    define: placeOfFileDefines,
    plugins: [
      placeOfFile,
      {
        name: 'AVA by way of ours',
        setup: (esbuild) => esbuild.onResolve({ filter: /^(@fast-check\/)?ava$/ }, resolve),
      },
    ],
    logLevel: 'warning',
  });
  // Whoever runs a program of the tests finds it by this (test/as-compiled.ts).
  process.env.KEPT_TEST_COMPILED = directory;
  return directory;
};

const isTest = (file) => file.endsWith('.test.ts');
/** What tests run in a process of its own has arguments, or says what it found, or ends by itself; or nobody can import it. */
const isProgram = (text) => /process\.(?:argv|exit\()|writeSync\(1/.test(text) || !/^export /m.test(text);

/** AVA is ours, and so is it for what hands tests to AVA, which is compiled, too. */
function resolve({ path: name, importer }) {
  const ours = path.join(__dirname, 'grouped-ava.js');
  if (name === 'ava') return importer === ours ? { external: true } : { path: ours };
  return { path: path.join(ROOT, 'node_modules', name, 'lib', 'ava-fast-check.js') };
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function remove(directory) {
  rmSync(directory, { recursive: true, force: true });
}
