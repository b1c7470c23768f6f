import type { Lab } from '../control/lab.ts';
import { findNodeJs } from '../control/node-js.ts';
import type { LoadHost } from './world.ts';

/**
 * The hosts that workers are to live on, each with a Node.js.
 * @param directory one of the run on each host.
 * @throws Failure where one has none, and none can be brought there.
 */
export async function loadHostsOf(
  lab: Pick<Lab, 'nodes'>,
  { names, directory }: { names: readonly string[]; directory: string },
): Promise<Omit<LoadHost, 'endpoint'>[]> {
  return Promise.all(
    names.map(async (name) => {
      const remote = lab.nodes.get(name)!;
      return { name, remote, directory, node: await findNodeJs(remote) };
    }),
  );
}
