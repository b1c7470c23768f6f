import { writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { execa } from 'execa';
import { openEngine } from '../../src/control/docker/engine.ts';
import { ensureHelperImage } from '../../src/control/docker/helper-image.ts';
import { labelsOf } from '../../src/control/docker/labels.ts';
import { everything } from './everything.ts';

/**
 * Makes containers, networks and volumes of three kinds of owners: one that is dead, one that lives (this process), and
 * none at all. Then it asks `kept doctor --clean` to clean, first without consent, and tells as JSON what became of each.
 */
const KEPT = resolve(import.meta.dirname, '../../bin/kept.js');
const engine = await openEngine();
const Image = await ensureHelperImage(engine, () => undefined);

const living = labelsOf('living', 'node');
const gone = execa('true');
await gone;
const dead = Object.fromEntries(
  Object.entries(labelsOf('dead', 'node')).map(([key, value]) => [
    key,
    key === 'kept.process' ? JSON.stringify({ ...JSON.parse(value), pid: gone.pid }) : value,
  ]),
);
const NAMES = ['of-the-dead', 'of-the-living', 'of-nobody'];
const { api } = engine;
await Promise.all([
  api.createContainer({ name: 'of-the-dead', Image, Cmd: ['true'], Labels: dead }),
  api.createContainer({ name: 'of-the-living', Image, Cmd: ['true'], Labels: living }),
  api.createContainer({ name: 'of-nobody', Image, Cmd: ['true'], Labels: { other: 'kept.run' } }),
  api.createNetwork({ Name: 'of-the-dead', Labels: dead }),
  api.createNetwork({ Name: 'of-the-living', Labels: living }),
  api.createVolume({ Name: 'of-the-dead', Labels: dead }),
  api.createVolume({ Name: 'of-nobody' }),
]);

const there = async () =>
  (await everything(engine)).filter((name) => NAMES.includes(name.split(' ')[1]!)).toSorted();

const doctor = (...args: string[]) =>
  execa(process.execPath, [KEPT, 'doctor', '--clean', ...args], { reject: false, stdin: 'ignore' });

const all = await there();
const asked = await doctor();
const afterAsking = await there();
await doctor('--yes');
const left = await there();
for (const name of NAMES) {
  await api
    .getContainer(name)
    .remove({ force: true })
    .catch(() => undefined);
  await api
    .getNetwork(name)
    .remove()
    .catch(() => undefined);
  await api
    .getVolume(name)
    .remove()
    .catch(() => undefined);
}
const [, deadPart = ''] = asked.stdout.split('Left by processes that are dead:\n');
writeSync(
  1,
  `${JSON.stringify({
    listed: [...deadPart.matchAll(/^ {2}(\w+) +(\S+)/gm)]
      .map(([, kind, name]) => `${kind} ${name}`)
      .toSorted(),
    refused: { exitStatus: asked.exitCode, removed: all.filter((name) => !afterAsking.includes(name)) },
    removed: all.filter((name) => !left.includes(name)),
    left,
  })}\n`,
);
process.exit(0);
