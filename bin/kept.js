#!/usr/bin/env node
// Runs the TypeScript sources as they are: no build step stands between a clone and a run. Node from 22.18 on does so
// by itself, and remembers what it has compiled; for older ones tsx does it.
import module from 'node:module';

module.enableCompileCache?.();
if (!process.features.typescript) {
  const { register } = await import('tsx/esm/api');
  register();
  // Source maps cost a tenth of a second to load, and only whoever looks for a defect reads stack traces.
  if (process.env.KEPT_DEBUG === undefined) process.setSourceMapsEnabled(false);
}
const { main } = await import('../src/cli/main.ts');
await main(process.argv.slice(2));
