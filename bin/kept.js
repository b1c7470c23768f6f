#!/usr/bin/env node
import { nodeStripsTypes } from './sources.js';

if (!nodeStripsTypes) {
  const { register } = await import('tsx/esm/api');
  register();
  // Source maps cost a tenth of a second to load, and only whoever looks for a defect reads stack traces.
  if (process.env.KEPT_DEBUG === undefined) process.setSourceMapsEnabled(false);
}
const { main } = await import('../src/cli/main.ts');
await main(process.argv.slice(2));
