import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { realClock } from '../../src/core/clock.ts';
import { freshId } from '../../src/core/random.ts';
import { openEngine } from '../../src/control/docker/engine.ts';
import { ensureHelperImage } from '../../src/control/docker/helper-image.ts';
import { createDockerLab } from '../../src/control/docker/lab.ts';
import { createLoopbackLab } from '../../src/control/loopback/lab.ts';
import type { Lab } from '../../src/control/lab.ts';
import { enterLab, insideLab } from '../../src/control/netns/enter.ts';
import { createLab } from '../../src/control/netns/lab.ts';
import type { LabKind } from '../../src/world/plan.ts';
import { LAB_CASES } from './cases.ts';

/**
 * Builds a lab with the nodes a and b. `tell` tells the contract's cases as one line of JSON; `wait` starts a daemon on
 * each node, prints their pids as this process sees them, and waits to be killed.
 * Usage: fixture.ts KIND tell|wait DIRECTORY
 */
const [kind = 'loopback', task = '', directory = ''] = process.argv.slice(2);
const NODES = [{ name: 'a' }, { name: 'b' }];
const BUILD: Record<LabKind, () => Promise<Lab>> = {
  netns: () => createLab(NODES),
  loopback: () => createLoopbackLab(NODES),
  docker: async () => {
    const engine = await openEngine();
    const image = await ensureHelperImage(engine, () => undefined);
    return createDockerLab({ engine, run: freshId(), image, nodes: NODES, say: () => undefined });
  },
};

async function tell(lab: Lab): Promise<void> {
  const told: Record<string, unknown> = {};
  for (const [index, one] of LAB_CASES.entries()) {
    const isBeyond = one.needs === 'net' && lab.net === null;
    told[one.name] = isBeyond ? 'no net' : await one.tell(lab, join(directory, `case-${index}`));
  }
  await lab.close();
  writeSync(1, `${JSON.stringify(told)}\n`);
}

async function wait(lab: Lab): Promise<void> {
  const marker = directory;
  for (const node of lab.nodes.values())
    await node.spawn(['sleep', '300'], {
      outputFile: '/dev/null',
      environment: { KEPT_TEST_MARKER: marker },
    });
  writeSync(1, 'ready\n');
  await realClock().sleep(300_000);
}

if (kind === 'netns' && !insideLab()) process.exit(await enterLab(process.argv.slice(2)));
const lab = await BUILD[kind as LabKind]();
await (task === 'tell' ? tell(lab) : wait(lab));
process.exit(0);
