import { execa } from 'execa';
import { realClock } from '../../src/core/clock.ts';
import type { Engine } from '../../src/control/docker/engine.ts';

const PATIENCE_MS = 15_000;

/** All containers, networks and volumes of a daemon, with a label of ours or without. */
export async function everything({ api }: Engine): Promise<string[]> {
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    api.listContainers({ all: true }),
    api.listNetworks(),
    api.listVolumes(),
  ]);
  return [
    ...containers.map(({ Names }) => `container ${Names[0]?.slice(1)}`),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...(volumes ?? []).map(({ Name }) => `volume ${Name}`),
  ];
}

/** What is there that was not there before, once that is nothing, or after 15 s. */
export async function leftOver(engine: Engine, before: readonly string[]): Promise<string[]> {
  const clock = realClock();
  const startNs = clock.nowNs();
  for (;;) {
    const left = (await everything(engine)).filter((name) => !before.includes(name));
    if (left.length === 0 || clock.nowNs() - startNs > PATIENCE_MS * 1e6) return left;
    await clock.sleep(200);
  }
}

/** A program of Node as a child of this one. */
export function start(args: readonly string[]) {
  return execa(process.execPath, [...args], { reject: false, stdin: 'ignore' });
}
