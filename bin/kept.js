#!/usr/bin/env node
import { registerSources } from '../src/core/sources.js';

await registerSources();
const { main } = await import('../src/cli/main.ts');
await main(process.argv.slice(2));
