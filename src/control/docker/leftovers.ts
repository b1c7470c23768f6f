import { statusOf, withEngine, type Engine } from './engine.ts';
import { ownerLives, OWNER_LABEL, ROLE_LABEL, RUN_LABEL } from './labels.ts';

/** A thing under the daemon that carries a run's label. */
export interface Leftover {
  kind: 'container' | 'network' | 'volume';
  id: string;
  name: string;
  run: string;
  owner: string;
  role: string;
  /** Null where it cannot be seen from here. */
  ownerLives: boolean | null;
}

/** All that carries the label, of one run or of all; nothing else is ever looked at. */
export async function findLeftovers({ api }: Engine, run?: string): Promise<Leftover[]> {
  const filters = { label: [run === undefined ? RUN_LABEL : `${RUN_LABEL}=${run}`] };
  return withEngine('list what runs have left', async () => {
    const [containers, networks, { Volumes: volumes }] = await Promise.all([
      api.listContainers({ all: true, filters }),
      api.listNetworks({ filters }),
      api.listVolumes({ filters: filters as never }),
    ]);
    return [
      ...containers.map(({ Id, Names, Labels }) => leftover('container', Id, Names[0] ?? Id, Labels)),
      ...networks.map(({ Id, Name, Labels }) => leftover('network', Id, Name, Labels)),
      ...(volumes ?? []).map(({ Name, Labels }) => leftover('volume', Name, Name, Labels)),
    ];
  });
}

/** Removes one thing. Another may have done so meanwhile, which is as good. */
export async function removeLeftover({ api }: Engine, { kind, id, name }: Leftover): Promise<void> {
  await withEngine(`remove the ${kind} ${name}`, async () => {
    try {
      if (kind === 'container') await api.getContainer(id).remove({ force: true, v: true });
      else if (kind === 'network') await api.getNetwork(id).remove();
      else await api.getVolume(id).remove();
    } catch (error) {
      if (statusOf(error) !== GONE) throw error;
    }
  });
}

/** In this order: a network goes only when no container uses it. */
export async function removeLeftovers(engine: Engine, leftovers: readonly Leftover[]): Promise<void> {
  for (const kind of ['container', 'network', 'volume'] as const) {
    await Promise.all(
      leftovers.filter((each) => each.kind === kind).map((each) => removeLeftover(engine, each)),
    );
  }
}

const GONE = 404;

function leftover(
  kind: Leftover['kind'],
  id: string,
  name: string,
  labels: Record<string, string> | undefined,
): Leftover {
  const of = labels ?? {};
  return {
    kind,
    id,
    name: name.replace(/^\//, ''),
    run: of[RUN_LABEL] ?? '',
    owner: of[OWNER_LABEL] ?? 'unknown',
    role: of[ROLE_LABEL] ?? '',
    ownerLives: ownerLives(of),
  };
}
