#!/usr/bin/env node
// Runs the TypeScript sources as they are: no build step stands between a clone and a run. Node strips the types itself
// from 22.18 on, except inside node_modules; before that, and there, tsx does.
import module from 'node:module';

module.enableCompileCache?.();
const isInstalled = import.meta.url.includes('/node_modules/');
if (isInstalled || !process.features.typescript) {
  const { register } = await import('tsx/esm/api');
  register();
  // Source maps cost a tenth of a second to load, and only whoever looks for a defect reads stack traces.
  if (process.env.KEPT_DEBUG === undefined) process.setSourceMapsEnabled(false);
}
const { main } = await import('../src/cli/main.ts');
await main(process.argv.slice(2));
