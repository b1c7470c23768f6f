import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { openEngine } from '../../src/control/docker/engine.ts';
import { findLeftovers } from '../../src/control/docker/leftovers.ts';
import { everything, leftOver, start } from './everything.ts';
import { AS_COMPILED } from '../as-compiled.ts';

/**
 * Has a lab of containers built by another process, kills that with SIGKILL, and tells as JSON what there was before, and
 * what is left 15 s later, with the label or without.
 */
const FIXTURE = resolve(import.meta.dirname, '../lab/fixture.ts');

const engine = await openEngine();
const before = await everything(engine);
const tool = start([AS_COMPILED, FIXTURE, 'docker', 'wait', 'marker']);
await once(tool.stdout, 'data');
const during = await findLeftovers(engine);
process.kill(tool.pid!, 'SIGKILL');
await tool;
writeSync(
  1,
  `${JSON.stringify({
    containers: during.filter(({ kind }) => kind === 'container').length,
    networks: during.filter(({ kind }) => kind === 'network').length,
    owned: during.every(({ ownerLives }) => ownerLives === true),
    left: await leftOver(engine, before),
  })}\n`,
);
process.exit(0);
