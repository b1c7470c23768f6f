import { Failure } from '../../core/failure.ts';
import type { Lab } from '../lab.ts';
import { CLIENT, type Net } from '../net.ts';
import type { ShellRemote } from '../shell/remote.ts';
import { addressTowards } from './client-address.ts';
import { dockerNet, type Helper } from './docker-net.ts';
import { withEngine, type Container, type Engine } from './engine.ts';
import { execIn } from './exec.ts';
import { ensureHelperImage } from './helper-image.ts';
import { unpack } from './image.ts';
import { labelsOf } from './labels.ts';
import { containerRemote, startWaiting } from './node.ts';
import { startReaper, type Reaper } from './reaper.ts';

/**
 * A lab of containers on a network of its own. A node is a container that by itself only waits; beside it, in the same
 * network namespace, a helper has the tools and the rights to cut its links and to probe them, so that the node's image
 * needs neither. The workers stay in this process, and reach the containers over the network's bridge.
 */
export interface DockerLab extends Lab {
  readonly net: Net;
  readonly nodes: ReadonlyMap<string, ShellRemote>;
  /** Copies a directory of a node into one of this machine, under its own name. */
  fetch(node: string, from: string, to: string): Promise<void>;
}

export interface DockerLabOptions {
  engine: Engine;
  /** Stands in every name and label. */
  run: string;
  /** What the nodes are made from; it is there. */
  image: string;
  nodes: readonly { name: string }[];
  /** Directories of the nodes' own that are kept in memory. */
  inMemory?: readonly string[];
  say: (line: string) => void;
}

const REACH_TIMEOUT_MS = 5_000;

/** @throws Failure when the daemon refuses something; what was made until then is removed. */
export async function createDockerLab(options: DockerLabOptions): Promise<DockerLab> {
  const { engine, run } = options;
  const image = await ensureHelperImage(engine, options.say);
  const reaper = await startReaper(engine, { run, image });
  try {
    return await build(options, image, reaper);
  } catch (error) {
    await reaper.reap().catch(() => undefined);
    throw error;
  }
}

async function build(options: DockerLabOptions, helperImage: string, reaper: Reaper): Promise<DockerLab> {
  const { engine, run } = options;
  const network = `kept-${run}`;
  await withEngine('make a network', () =>
    engine.api.createNetwork({ Name: network, Driver: 'bridge', Labels: labelsOf(run, 'network') }),
  );
  const made = await Promise.all(options.nodes.map(({ name }) => makeNode(options, name, helperImage)));
  const addresses = new Map(made.map(({ name, address }) => [name, address]));
  const client = await addressTowards(made[0]!.address);
  if (client !== null) addresses.set(CLIENT, client);
  const net = dockerNet(new Map(made.map(({ name, helper }) => [name, helper])), addresses);
  await assertReached(engine, net, made[0]!.name);
  return {
    net,
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
}

interface MadeNode {
  name: string;
  container: Container;
  address: string;
  remote: ShellRemote;
  helper: Helper;
}

async function makeNode(options: DockerLabOptions, name: string, helperImage: string): Promise<MadeNode> {
  const { engine, run } = options;
  const network = `kept-${run}`;
  const container = await startWaiting(engine, {
    name: `${network}-${name}`,
    Hostname: name,
    Image: options.image,
    Labels: labelsOf(run, name),
    HostConfig: {
      NetworkMode: network,
      Tmpfs: Object.fromEntries((options.inMemory ?? []).map((path) => [path, 'rw,exec,mode=1777'])),
    },
  });
  const address = await addressOf(container, network);
  const helper = await startWaiting(engine, {
    name: `${network}-${name}-helper`,
    Image: helperImage,
    Labels: labelsOf(run, `helper of ${name}`),
    Env: ['PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'],
    HostConfig: { NetworkMode: `container:${container.id}`, CapAdd: ['NET_ADMIN'] },
  });
  return {
    name,
    container,
    address,
    remote: containerRemote(engine, container, { name, address }),
    helper: {
      remote: containerRemote(engine, helper, { name: `the helper of ${name}`, address }),
      runProgram: (source) => execIn(engine, helper, ['node', '--input-type=module', '-e', source]),
    },
  };
}

async function addressOf(container: Container, network: string): Promise<string> {
  const { NetworkSettings: settings, State: state } = await withEngine('look at a container', () =>
    container.inspect(),
  );
  const address = settings.Networks[network]?.IPAddress;
  if (address) return address;
  throw new Failure(`A container has no address on the network ${network} (${state.Status}).`, {
    hint: 'Its image must have /bin/sh, with which the container is kept running.',
  });
}

/** The workers must reach the brokers' own addresses. */
async function assertReached(engine: Engine, net: Net, node: string): Promise<void> {
  const { answer, detail } = await net.probe({ from: CLIENT, to: node }, REACH_TIMEOUT_MS);
  if (answer === 'connects') return;
  throw new Failure(
    `The containers of ${engine.endpoint.host} cannot be reached from this machine at their own addresses: ${detail}.`,
    {
      hint: 'That is so with Docker Desktop, with rootless daemons and with a daemon on another machine. Use the daemon of a Linux machine on that machine, or --lab netns.',
    },
  );
}
