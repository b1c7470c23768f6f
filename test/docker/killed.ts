import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { execa } from 'execa';
import { realClock } from '../../src/core/clock.ts';
import { openEngine } from '../../src/control/docker/engine.ts';
import { findLeftovers } from '../../src/control/docker/leftovers.ts';

/**
 * Has a lab of containers built by another process, kills that with SIGKILL, and tells as JSON what there was before, and
 * what there is 15 s later: `containers`, `networks` and `volumes`, with the label or without.
 */
const FIXTURE = resolve(import.meta.dirname, '../lab/fixture.ts');
const PATIENCE_MS = 15_000;

const clock = realClock();
const engine = await openEngine();

async function all(): Promise<string[]> {
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    engine.api.listContainers({ all: true }),
    engine.api.listNetworks(),
    engine.api.listVolumes(),
  ]);
  return [
    ...containers.map(({ Names }) => `container ${Names[0]}`),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...(volumes ?? []).map(({ Name }) => `volume ${Name}`),
  ];
}

const before = await all();
const tool = execa(process.execPath, ['--import=tsx', FIXTURE, 'docker', 'wait', 'marker'], {
  reject: false,
  stdin: 'ignore',
});
await once(tool.stdout, 'data');
const during = await findLeftovers(engine);
process.kill(tool.pid!, 'SIGKILL');
await tool;
const killedNs = clock.nowNs();
let left: string[];
do {
  await clock.sleep(200);
  const now = await all();
  left = now.filter((name) => !before.includes(name));
} while (left.length > 0 && clock.nowNs() - killedNs < PATIENCE_MS * 1e6);
writeSync(
  1,
  `${JSON.stringify({
    containers: during.filter(({ kind }) => kind === 'container').length,
    networks: during.filter(({ kind }) => kind === 'network').length,
    owned: during.every(({ ownerLives }) => ownerLives === true),
    left,
    seconds: (clock.nowNs() - killedNs) / 1e9,
  })}\n`,
);
process.exit(0);
