import type { Lab, Place } from '../lab.ts';
import { CLIENT, type Net } from '../net.ts';
import type { ShellRemote } from '../shell/remote.ts';
import { dockerNet } from './docker-net.ts';
import { withEngine, type Engine } from './engine.ts';
import { GREETER_PORT, seenAddress, startGreeter } from './greeter.ts';
import { ensureHelperImage } from './helper-image.ts';
import { unpack } from './image.ts';
import { labelsOf } from './labels.ts';
import { makeNode, removeNode, type MadeNode, type NodeToMake } from './made-node.ts';
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
  /** How the workers reach them; found out by trying if absent. */
  reach?: Reach;
  /** Directories of the nodes' own that are kept in memory. */
  inMemory?: readonly string[];
  say: (line: string) => void;
}

/** Nodes that the workers reach. */
type Reached = Pick<DockerLab, 'net' | 'account' | 'outside'> & { made: readonly MadeNode[] };

/** @throws Failure when the daemon refuses something; what was made until then is removed. */
export async function createDockerLab(options: DockerLabOptions): Promise<DockerLab> {
  const { engine, run } = options;
  const helperImage = await ensureHelperImage(engine, options.say);
  const reaper = await startReaper(engine, { run, image: helperImage });
  try {
    await withEngine('make a network', () =>
      engine.api.createNetwork({ Name: `kept-${run}`, Driver: 'bridge', Labels: labelsOf(run, 'network') }),
    );
    const { made, ...reached } = await reachNodes(options, {
      ...options,
      inMemory: options.inMemory ?? [],
      helperImage,
    });
    return {
      ...reached,
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

async function reachNodes(options: DockerLabOptions, node: NodeToMake): Promise<Reached> {
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
      net: dockerNet(helpersOf(made), new Map(addresses)),
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
    net: dockerNet(helpersOf(made), new Map(addressesOf(made)), workers),
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
