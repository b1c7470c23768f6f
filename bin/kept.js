#!/usr/bin/env node
import { nodeStripsTypes } from './sources.js';

if (!nodeStripsTypes) {
  const { register } = await import('tsx/esm/api');
  register();
}
const { main } = await import('../src/cli/main.ts');
await main(process.argv.slice(2));
