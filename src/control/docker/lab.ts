import { CLIENT } from '../../core/link.ts';
import type { Lab } from '../lab.ts';
import type { Place } from '../place.ts';
import { type Net } from '../net.ts';
import type { ShellRemote } from '../shell/remote.ts';
import { dockerNet, type Cables } from './docker-net.ts';
import { withEngine, type Engine } from './engine.ts';
import { GREETER_PORT, seenAddress, startGreeter } from './greeter.ts';
import { ensureHelperImage } from './helper-image.ts';
import { unpack } from './image.ts';
import { makeNode, removeNode, type MadeNode, type NodeToMake } from './made-node.ts';
import { makeNetwork, type LabNetwork } from './network.ts';
import { hear, notReached, publishedWorkers, publishingOf, workersProber, type Reach } from './reach.ts';
import { startReaper } from './reaper.ts';

/**
 * A lab of containers on a network of its own. A node is a container that by itself only waits; beside it, in the same
 * network namespace, a helper has the tools and the rights to cut its links and to probe them, so that the node's image
 * needs neither. The workers stay in this process, and reach the containers over the network's bridge; where they cannot,
 * by ports that the daemon publishes.
 */
export interface DockerLab extends Lab {
  readonly net: Net;
  readonly nodes: ReadonlyMap<string, ShellRemote>;
  /** How the workers reach the nodes, in a sentence with what was seen. */
  readonly account: string;
  /** Copies a directory of a node into one of this machine, under its own name. */
  fetch(node: string, from: string, to: string): Promise<void>;
}

export interface DockerLabOptions {
  engine: Engine;
  /** Stands in every name and label. */
  run: string;
  /** What the nodes are made from; it is there. */
  image: string;
  /** The port is one for the workers alone, used where they cannot reach the node's own address; absent: they need none. */
  nodes: readonly { name: string; port?: number }[];
  /** Further containers that workers are to live on, made from the helpers' image, which has Node.js; none if absent. */
  clients?: readonly string[];
  /** How the workers reach them; found out by trying if absent. */
  reach?: Reach;
  /** Directories of the nodes' own that are kept in memory. */
  inMemory?: readonly string[];
  say: (line: string) => void;
}

/** Nodes that the workers reach. */
type Reached = Pick<DockerLab, 'net' | 'account' | 'outside'> & { made: readonly MadeNode[] };

/** @throws Failure when the daemon refuses something; what was made until then is removed. */
export async function createDockerLab(given: DockerLabOptions): Promise<DockerLab> {
  const { engine, run, clients = [] } = given;
  const options = {
    ...given,
    nodes: [...given.nodes, ...clients.map((name) => ({ name, isClient: true as const }))],
  };
  const helperImage = await ensureHelperImage(engine, options.say);
  const reaper = await startReaper(engine, { run, image: helperImage });
  try {
    const network = await makeNetwork(engine, run);
    const toMake = { ...options, inMemory: options.inMemory ?? [], helperImage };
    const { made, ...reached } = await reachNodes(options, toMake, network);
    return {
      ...reached,
      net: { ...reached.net, clients },
      nodes: new Map(made.map(({ name, remote }) => [name, remote])),
      async fetch(node, from, to) {
        const { container } = made.find(({ name }) => name === node)!;
        await withEngine(`copy ${from} from ${node}`, async () =>
          unpack(await container.getArchive({ path: from }), to),
        );
      },
      async close() {
        for (const { remote } of made) remote.close();
        await reaper.reap();
      },
    };
  } catch (error) {
    await reaper.reap().catch(() => undefined);
    throw error;
  }
}

async function reachNodes(
  options: DockerLabOptions,
  node: NodeToMake,
  network: LabNetwork,
): Promise<Reached> {
  if (options.reach === 'published') return publishNodes(options, node, 'as was asked for');
  const made = await Promise.all(options.nodes.map((each) => makeNode(node, each, null)));
  const { name, address, helper } = made[0]!;
  const { word } = await startGreeter(name, helper);
  const at = { host: address, port: GREETER_PORT };
  const { answer, detail } = await hear(workersProber(), { node: name, at, word });
  if (answer === 'connects') {
    const client = seenAddress(detail);
    const addresses = [...addressesOf(made), ...(client === null ? [] : [[CLIENT, client] as const])];
    return {
      made,
      net: dockerNet(helpersOf(made), new Map(addresses), null, cablesOf(made, network)),
      account: `The workers reach the containers at their own addresses, and are ${detail} there.`,
    };
  }
  const why = `${address} of ${name} was tried (${detail})`;
  if (options.reach === 'direct') throw notReached(options.engine.endpoint.host, why);
  // Ports are published of new containers only.
  await Promise.all(made.map((each) => removeNode(each)));
  return publishNodes(options, node, `because ${why}`);
}

async function publishNodes(options: DockerLabOptions, node: NodeToMake, why: string): Promise<Reached> {
  const publishing = publishingOf(options.engine.endpoint);
  const made = await Promise.all(options.nodes.map((each) => makeNode(node, each, publishing)));
  const place = ({ published }: MadeNode, port: number): Place => ({
    host: publishing.host,
    port: published.get(port)!,
  });
  const workers = await publishedWorkers(
    await Promise.all(
      made.map(async (each) => ({
        node: each.name,
        at: place(each, GREETER_PORT),
        word: (await startGreeter(each.name, each.helper)).word,
      })),
    ),
  );
  const ports = new Map(options.nodes.map(({ name, port }) => [name, port]));
  return {
    made,
    net: dockerNet(helpersOf(made), new Map(addressesOf(made)), workers, NO_CABLES),
    outside: new Map(
      made.flatMap((each) => {
        const port = ports.get(each.name);
        return port === undefined ? [] : [[each.name, place(each, port)] as const];
      }),
    ),
    account: `The workers reach the containers by ports published on ${publishing.host}, ${why}. What they send comes from ${workers.seenFrom.join(', ')} there.`,
  };
}

function helpersOf(made: readonly MadeNode[]) {
  return new Map(made.map(({ name, helper }) => [name, helper]));
}

function addressesOf(made: readonly MadeNode[]) {
  return made.map(({ name, address }) => [name, address] as const);
}

function cablesOf(made: readonly MadeNode[], network: LabNetwork): Cables {
  const containerOf = (node: string) => made.find(({ name }) => name === node)!.container;
  return {
    ability: network.keepsAddresses
      ? { answer: 'yes' }
      : {
          answer: 'no',
          because:
            'the daemon does not tell the subnet of a network, so a node could not have its address back',
          hint: ISOLATE,
        },
    disconnect: (node) => network.disconnect(containerOf(node)),
    connect: (node) => network.connect(containerOf(node)),
  };
}

const ISOLATE = 'Isolate the node from everyone instead.';

/** Ports of a node that is connected again are published anew, and the workers would not find it. */
const NO_CABLES: Cables = {
  ability: {
    answer: 'no',
    because:
      'the workers reach the nodes by published ports, which the daemon takes back with the network, and gives others later',
    hint: ISOLATE,
  },
  disconnect: async () => undefined,
  connect: async () => undefined,
};
