#!/usr/bin/env node
// Runs the TypeScript sources as they are: no build step stands between a clone and a run. Node strips the types itself
// from 22.18 on, except inside node_modules; before that, and there, tsx does.
import module from 'node:module';

module.enableCompileCache?.();
const isInstalled = import.meta.url.includes('/node_modules/');
if (isInstalled || !process.features.typescript) {
  const { register } = await import('tsx/esm/api');
  register();
}
const { main } = await import('../src/cli/main.ts');
await main(process.argv.slice(2));
