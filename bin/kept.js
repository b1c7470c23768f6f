#!/usr/bin/env node
// Node ends with 1 when a module cannot be loaded, and from this command 1 means "invalid". So nothing is imported before
// somebody listens, and whatever fails on the way ends with 70: a defect of this installation, and no verdict.
const EXIT_INTERNAL = 70;
const NODE_VERSION_MIN = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < NODE_VERSION_MIN[0] || (major === NODE_VERSION_MIN[0] && minor < NODE_VERSION_MIN[1])) {
  fail(
    `it needs Node.js ${NODE_VERSION_MIN.join('.')} or newer, and this is ${process.versions.node}`,
    'Install a newer Node.js.',
  );
} else {
  start().catch(failToLoad);
}

async function start() {
  process.on('uncaughtException', failToLoad);
  const { registerSources } = await import('../src/core/sources.js');
  await registerSources();
  const { main } = await import('../src/cli/main.ts');
  process.off('uncaughtException', failToLoad);
  await main(process.argv.slice(2));
}

function failToLoad(error) {
  const message = error instanceof Error ? error.message : String(error);
  const hint =
    'Is it complete? "npm ci" in its directory installs the rest. KEPT_DEBUG=1 shows where it failed.';
  fail(message.replace(/\s*\n\s*/g, ' '), process.env.KEPT_DEBUG === undefined ? hint : error.stack);
}

function fail(reason, hint) {
  process.exitCode = EXIT_INTERNAL;
  process.stderr.write(`kept: this program cannot be loaded: ${reason}\n  ${hint}\n`, () =>
    process.exit(EXIT_INTERNAL),
  );
}
