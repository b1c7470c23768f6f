#!/usr/bin/env node
// Node ends with 1 when a module cannot be loaded, and from this command 1 means "invalid". So nothing is imported before
// somebody listens, and whatever fails on the way ends with 70: a defect of this installation, and no verdict. Only where the system
// lets it open too few files, it ends with 2.
import { readFileSync } from 'node:fs';

const EXIT_INTERNAL = 70;
const EXIT_INCONCLUSIVE = 2;
const NODE_VERSION_MIN = [20, 19];
// Node opens the files of a library all at once: where it may open fewer, some cannot be read, each time others.
const OPEN_FILES_MIN = 128;
const RAISE_THE_LIMIT = 'Raise the limit, for example with: ulimit -n 4096';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < NODE_VERSION_MIN[0] || (major === NODE_VERSION_MIN[0] && minor < NODE_VERSION_MIN[1])) {
  fail(
    `it needs Node.js ${NODE_VERSION_MIN.join('.')} or newer, and this is ${process.versions.node}`,
    'Install a newer Node.js.',
  );
} else if (openFilesMax() < OPEN_FILES_MIN) {
  fail(
    `it may have only ${openFilesMax()} files open at once, and loading it takes up to ${OPEN_FILES_MIN}`,
    RAISE_THE_LIMIT,
    EXIT_INCONCLUSIVE,
  );
} else {
  start().catch(failToLoad);
}

async function start() {
  process.on('uncaughtException', failToLoad);
  const { sourceLoader } = await import('../src/core/sources.js');
  const load = await sourceLoader();
  const { main } = await load('cli/main.ts');
  process.off('uncaughtException', failToLoad);
  await main(process.argv.slice(2));
}

/** Infinity where the system does not say. */
function openFilesMax() {
  try {
    return Number(
      /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity,
    );
  } catch {
    return Infinity;
  }
}

function failToLoad(error) {
  const message = error instanceof Error ? error.message : String(error);
  if (error?.code === 'EMFILE' || error?.code === 'ENFILE') {
    fail(message, RAISE_THE_LIMIT, EXIT_INCONCLUSIVE);
    return;
  }
  const hint =
    'Is it complete? "npm ci" in its directory installs the rest. KEPT_DEBUG=1 shows where it failed.';
  fail(message.replace(/\s*\n\s*/g, ' '), process.env.KEPT_DEBUG === undefined ? hint : error.stack);
}

function fail(reason, hint, exitStatus = EXIT_INTERNAL) {
  process.exitCode = exitStatus;
  process.stderr.write(`kept: this program cannot be loaded: ${reason}\n  ${hint}\n`, () =>
    process.exit(exitStatus),
  );
}
