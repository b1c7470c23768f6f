import { Failure } from '../../core/failure.ts';
import type { ShellRemote } from '../shell/remote.ts';
import type { Helper } from './docker-net.ts';
import { withEngine, type Container, type ContainerOptions, type Engine } from './engine.ts';
import { execIn } from './exec.ts';
import { GREETER_PORT } from './greeter.ts';
import { labelsOf } from './labels.ts';
import { containerRemote, startWaiting } from './node.ts';
import type { Publishing } from './reach.ts';

/** A node of the lab: its container, and the helper's in the same network namespace. */
export interface MadeNode {
  name: string;
  container: Container;
  helperContainer: Container;
  address: string;
  /** Ports of the daemon's machine, by the container's. */
  published: ReadonlyMap<number, number>;
  remote: ShellRemote;
  helper: Helper;
}

export interface NodeToMake {
  engine: Engine;
  run: string;
  /** What it is made from. */
  image: string;
  helperImage: string;
  inMemory: readonly string[];
}

/** @param publishing null: no port is published. */
export async function makeNode(
  { engine, run, image, helperImage, inMemory }: NodeToMake,
  { name, port, isClient = false }: { name: string; port?: number; isClient?: boolean },
  publishing: Publishing | null,
): Promise<MadeNode> {
  const network = `kept-${run}`;
  const ports = publishing === null ? [] : [GREETER_PORT, ...(port === undefined ? [] : [port])];
  const container = await startWaiting(engine, {
    name: `${network}-${name}`,
    Hostname: name,
    Image: isClient ? helperImage : image,
    Labels: labelsOf(run, name),
    ExposedPorts: Object.fromEntries(ports.map((each) => [`${each}/tcp`, {}])),
    HostConfig: {
      NetworkMode: network,
      Tmpfs: Object.fromEntries(inMemory.map((path) => [path, 'rw,exec,mode=1777'])),
      PortBindings: bindings(ports, publishing),
    },
  });
  const { address, published } = await whereItIs(container, network, ports);
  const helperContainer = await startWaiting(engine, {
    name: `${network}-${name}-helper`,
    Image: helperImage,
    Labels: labelsOf(run, `helper of ${name}`),
    Env: ['PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'],
    HostConfig: { NetworkMode: `container:${container.id}`, CapAdd: ['NET_ADMIN'] },
  });
  return {
    name,
    container,
    helperContainer,
    address,
    published,
    remote: containerRemote(engine, container, { name, address }),
    helper: {
      remote: containerRemote(engine, helperContainer, { name: `the helper of ${name}`, address }),
      runProgram: (source, args = []) =>
        execIn(engine, helperContainer, ['node', '--input-type=module', '-e', source, '--', ...args]),
    },
  };
}

/** The helper first, which lives in the other one's network. */
export async function removeNode({ remote, container, helperContainer }: MadeNode): Promise<void> {
  remote.close();
  for (const each of [helperContainer, container])
    await withEngine('remove a container', () => each.remove({ force: true, v: true }));
}

/** Any free port of the daemon's machine: containers of a lab never stop, so it stays the same. */
function bindings(
  ports: readonly number[],
  publishing: Publishing | null,
): NonNullable<NonNullable<ContainerOptions['HostConfig']>['PortBindings']> {
  if (publishing === null) return {};
  return Object.fromEntries(
    ports.map((port) => [`${port}/tcp`, [{ HostIp: publishing.hostIp, HostPort: '' }]]),
  );
}

async function whereItIs(
  container: Container,
  network: string,
  ports: readonly number[],
): Promise<Pick<MadeNode, 'address' | 'published'>> {
  const { NetworkSettings: settings, State: state } = await withEngine('look at a container', () =>
    container.inspect(),
  );
  const address = settings.Networks[network]?.IPAddress;
  if (!address) {
    throw new Failure(`A container has no address on the network ${network} (${state.Status}).`, {
      hint: 'Its image must have /bin/sh, with which the container is kept running.',
    });
  }
  return { address, published: publishedPorts(settings.Ports, ports) };
}

/** The daemon's account of what it has published; of a port for both IP versions, that of IPv4. */
export function publishedPorts(
  told: Readonly<Record<string, readonly { HostIp: string; HostPort: string }[] | null | undefined>>,
  ports: readonly number[],
): Map<number, number> {
  return new Map(
    ports.map((port) => {
      const places = told[`${port}/tcp`] ?? [];
      const place = places.find(({ HostIp }) => !HostIp.includes(':')) ?? places[0];
      if (place !== undefined && Number(place.HostPort) > 0) return [port, Number(place.HostPort)];
      throw new Failure(`The daemon has not published the port ${port} of a container.`, {
        hint: '"docker run -p 127.0.0.1::9092 IMAGE" has to work there; "docker port CONTAINER" shows what was published.',
      });
    }),
  );
}
