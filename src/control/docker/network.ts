import {
  statusOf,
  toldBy,
  withEngine,
  type ConnectionSettings,
  type Container,
  type Engine,
  type Network,
} from './engine.ts';
import { labelsOf } from './labels.ts';

/** The network of a lab, from which containers can be taken, and to which they come back at the address that they had. */
export interface LabNetwork {
  readonly name: string;
  /** Whether a container can be given an address here: a daemon may refuse that. */
  readonly keepsAddresses: boolean;
  disconnect(container: Container): Promise<void>;
  /** Changes nothing where it is connected. */
  connect(container: Container): Promise<void>;
}

const ATTEMPTS = 5;

/**
 * Addresses can be asked for only where a network was made with a subnet that was asked for. Which one is free the daemon
 * knows best: it has the routes of its machine and the pools of its own configuration. So it makes a network where it likes
 * to, and then the same one again as if that had been our wish. In between another may take the place; then the next is tried.
 */
export async function makeNetwork({ api }: Engine, run: string): Promise<LabNetwork> {
  const name = `kept-${run}`;
  const make = (subnet?: string): Promise<Network> =>
    api.createNetwork({
      Name: name,
      Driver: 'bridge',
      Labels: labelsOf(run, 'network'),
      ...(subnet !== undefined && { IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] } }),
    });
  return withEngine('make a network', async () => {
    for (let attempt = 1; ; attempt++) {
      const chosen = await make();
      const subnet = subnetOf(await chosen.inspect());
      if (subnet === null) return networkOf(chosen, name, false);
      await chosen.remove();
      try {
        return networkOf(await make(subnet), name, true);
      } catch (error) {
        if (attempt === ATTEMPTS || !/overlap|pool|in use/i.test(toldBy(error))) throw error;
      }
    }
  });
}

/** That of IPv4; null where the daemon tells none. */
function subnetOf({ IPAM: ipam }: Pick<Awaited<ReturnType<Network['inspect']>>, 'IPAM'>): string | null {
  const subnets = (ipam?.Config ?? []).flatMap((each) => each['Subnet'] ?? []);
  return subnets.find((subnet) => !subnet.includes(':')) ?? null;
}

function networkOf(network: Network, name: string, keepsAddresses: boolean): LabNetwork {
  /** How each was connected at first, by its id. */
  const settings = new Map<string, ConnectionSettings>();

  const endpointOf = async (container: Container) => {
    const { NetworkSettings: told } = await container.inspect();
    return told.Networks[name];
  };

  return {
    name,
    keepsAddresses,
    disconnect: (container) =>
      withEngine('disconnect a container from its network', async () => {
        const endpoint = await endpointOf(container);
        if (endpoint !== undefined) settings.set(container.id, asBefore(endpoint, container.id));
        await network.disconnect({ Container: container.id });
      }),
    connect: (container) =>
      withEngine('connect a container to its network again', async () => {
        const known = settings.get(container.id);
        if (known === undefined || (await endpointOf(container)) !== undefined) return;
        try {
          await network.connect({ Container: container.id, EndpointConfig: known });
        } catch (error) {
          // It may have been done although the answer did not come.
          if (statusOf(error) !== null && (await endpointOf(container)) === undefined) throw error;
        }
      }),
  };
}

/** The same address, hardware address (its peers remember it) and names, but for those that the daemon gives by itself. */
export function asBefore(
  told: { IPAddress: string; MacAddress?: string; Aliases?: readonly string[] | null },
  containerId: string,
): ConnectionSettings {
  const aliases = (told.Aliases ?? []).filter((alias) => !containerId.startsWith(alias));
  return {
    IPAMConfig: { IPv4Address: told.IPAddress },
    ...(aliases.length > 0 && { Aliases: aliases }),
    ...(told.MacAddress && { MacAddress: told.MacAddress }),
  };
}
