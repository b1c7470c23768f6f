/**
 * The tests, compiled: esbuild makes JavaScript of all of them and of the sources that they import, in half a second, before the
 * first one starts. Each test file has a process of its own, and a loader that compiles on the way (tsx) costs each of them
 * about 0.4 s of a processor, most of it for its own start, although it finds what it compiled the last time: with 130
 * files that is 50 s. Nothing is kept from one run to the next, so nothing can be stale.
 *
 * ava.config.js calls `compile` once; AVA calls the exported function in each process, before it loads the test file.
 */
const { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync } = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const ROOT = path.resolve(__dirname, '..');

/** From now on in this process: who requires a test gets the promise of the compiled one, which AVA waits for. */
module.exports = function loadCompiled(directory) {
  require.extensions['.ts'] = (loaded, file) => {
    const compiled = path.join(directory, path.relative(ROOT, file)).replace(/\.ts$/, '.js');
    loaded.exports = import(pathToFileURL(compiled).href);
  };
};

/** @returns where the compiled tests are until this process ends. */
module.exports.compile = async function compile() {
  const { build } = require('esbuild');
  // Packages are found from here, and no tool looks for sources here. In a worktree it may be a link to elsewhere.
  const place = path.join(realpathSync(path.join(ROOT, 'node_modules')), '.cache', 'kept-tests');
  mkdirSync(place, { recursive: true });
  for (const pid of readdirSync(place)) if (!isRunning(Number(pid))) remove(path.join(place, pid));
  const directory = path.join(place, String(process.pid));
  process.once('exit', () => remove(directory));
  const tests = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => path.join(__dirname, file));
  await build({
    entryPoints: tests,
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
    define: Object.fromEntries(
      Object.keys(ofFile('')).map((name) => [`import.meta.${name}`, `file_${name}`]),
    ),
    plugins: [
      { name: 'a file knows where it is', setup: (esbuild) => esbuild.onLoad({ filter: /\.[jt]s$/ }, load) },
    ],
    logLevel: 'warning',
  });
  return directory;
};

/** What a file can ask about itself. */
function ofFile(file) {
  return { url: pathToFileURL(file).href, dirname: path.dirname(file), filename: file };
}

/** With the answers for the file that it was before. */
function load({ path: file }) {
  const text = readFileSync(file, 'utf8');
  const answers = Object.entries(ofFile(file)).map(
    ([name, value]) => `file_${name} = ${JSON.stringify(value)}`,
  );
  return {
    // On the same line, so that all lines keep their numbers.
    contents: text.includes('import.meta') ? `const ${answers.join(', ')}; ${text}` : text,
    loader: file.endsWith('.ts') ? 'ts' : 'js',
  };
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
