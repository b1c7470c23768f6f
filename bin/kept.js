#!/usr/bin/env node
// Runs the TypeScript sources as they are: no build step stands between a clone and a run. Node from 22.18 on does so
// by itself, and remembers what it has compiled; for older ones tsx does it.
import module from 'node:module';

module.enableCompileCache?.();
if (!process.features.typescript) {
  const { register } = await import('tsx/esm/api');
  register();
}
const { main } = await import('../src/cli/main.ts');
await main(process.argv.slice(2));
