// The sources, compiled: esbuild makes JavaScript of all of them in half a second, at the first start after something has
// changed, and every later process finds it in node_modules/.cache. What a process has begun with it also ends with,
// whatever becomes of the sources meanwhile.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

/** What is imported from outside of the sources. */
const COMPILED = ['cli/main.ts', 'history/directory.ts', 'report/figures/survey.ts'];
const SOURCES = fileURLToPath(new URL('..', import.meta.url));
const ROOT = dirname(SOURCES);

const HOUR_MS = 3_600_000;
/** What is in use says so once an hour; but a machine may have slept meanwhile. */
const UNUSED_MAX_MS = 24 * HOUR_MS;
/** Each has 5 MB. Of more than these, as after a day of changes, what is unused for two hours goes, too. */
const KEPT_MAX = 30;

/** @returns what imports a compiled source, or null where nothing can be compiled or kept. */
export async function compiledSources() {
  try {
    const place = placeOfCaches();
    const directory = join(place, keyOfSources());
    if (!existsSync(directory)) await compile(place, directory);
    sayInUse(directory);
    if (isMainThread) setInterval(() => sayInUse(directory), HOUR_MS).unref();
    return (path) => import(pathToFileURL(join(directory, path.replace(/\.ts$/, '.js'))).href);
  } catch {
    // A source that is missing or wrong, a library that is missing, a disk that is full or read-only: tsx will tell, or do.
    return null;
  }
}

/** From where the packages are found that the sources import. */
function placeOfCaches() {
  const own = join(ROOT, 'node_modules');
  return join(realpathSync(existsSync(own) ? own : dirname(ROOT)), '.cache', 'kept-sources');
}

/** Another one when any source has changed, or is elsewhere, for a source may ask where it is. */
function keyOfSources() {
  const hash = createHash('sha256');
  hash.update(`${ROOT}\n${process.versions.node}\n${readFileSync(join(ROOT, 'package.json'), 'utf8')}`);
  for (const entry of readdirSync(SOURCES, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 32);
}

async function compile(place, directory) {
  const { build, stop } = await import('esbuild');
  const { placeOfFile, placeOfFileDefines } = await import('./place-of-file.js');
  mkdirSync(place, { recursive: true });
  removeUnused(place);
  // Two may do this at once; each has all of it before it is seen.
  const draft = `${directory}.${process.pid}.new`;
  try {
    await build({
      entryPoints: COMPILED.map((path) => join(SOURCES, path)),
      outdir: draft,
      outbase: SOURCES,
      bundle: true,
      // What is only loaded when it is needed stays so.
      splitting: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: `node${process.versions.node}`,
      sourcemap: 'linked',
      sourcesContent: false,
      define: placeOfFileDefines,
      plugins: [placeOfFile],
      logLevel: 'silent',
    });
    try {
      renameSync(draft, directory);
    } catch (error) {
      if (!existsSync(directory)) throw error;
    }
  } finally {
    rmSync(draft, { recursive: true, force: true });
    await stop();
  }
}

function sayInUse(directory) {
  try {
    const now = new Date();
    utimesSync(directory, now, now);
  } catch {
    // Another user's; whoever can remove it can also say that it is in use.
  }
}

function removeUnused(place) {
  const names = readdirSync(place);
  const unusedMaxMs = names.length > KEPT_MAX ? 2 * HOUR_MS : UNUSED_MAX_MS;
  for (const name of names) {
    const path = join(place, name);
    const unusedMs = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (unusedMs > unusedMaxMs) rmSync(path, { recursive: true, force: true });
  }
}
