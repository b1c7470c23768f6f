import { CLIENT } from '../../core/link.ts';
import { readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { execa } from '../../core/execa.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import type { Lab } from '../lab.ts';
import { type Net } from '../net.ts';
import { processRemote } from '../process-remote.ts';
import { insideLab } from './enter.ts';
import { netnsNet } from './netns-net.ts';
import { BRIDGE, insideCommand } from './names.ts';

/**
 * A lab inside the namespaces that `enterLab` made: a bridge, and one network namespace per node with an address of
 * its own. The workers run in the lab's root namespace, at the bridge's address, under the name `client`.
 *
 * The addresses are of 192.0.2.0/24, which RFC 5737 reserves for documentation: no real host ever has one.
 * A lab need not be closed: it is gone when the namespaces are.
 */
export interface NetnsLab extends Lab {
  readonly net: Net;
}

const CLIENT_ADDRESS = '192.0.2.1';
const FIRST_NODE = 10;
const NODES_MAX = 200;

/** Where the machine's own /run stays visible inside. */
const MACHINE_RUN = '/run/machine';
/**
 * /run becomes the lab's own memory file system: `ip netns` keeps its names there, and a user may not write to the
 * machine's. "." is the directory that was there before; mount must not turn it into a path again.
 */
const OWN_RUN = `
mount --make-rprivate /
cd /run
mount -t tmpfs tmpfs /run
mkdir /run/netns ${MACHINE_RUN}
mount --no-canonicalize --rbind . ${MACHINE_RUN}
`;

/**
 * Call it once, inside. Node names become network namespaces and host names: letters, digits and hyphens.
 *
 * @param clients further places that workers write from, each with a network and an address of its own.
 * @throws Failure outside of a lab, before anything is touched: there it would change the machine's own network.
 */
export async function createLab(
  servers: readonly { name: string }[],
  clients: readonly string[] = [],
): Promise<NetnsLab> {
  const nodes = [...servers, ...clients.map((name) => ({ name }))];
  if (!insideLab())
    throw new Failure('A lab is built only inside namespaces of its own.', {
      hint: 'Use "kept run" or "kept lab".',
    });
  const addresses = addressesOf(nodes.map(({ name }) => name));
  try {
    await execa('sh', ['-ec', OWN_RUN], { stdin: 'ignore' });
    keepMachineRun();
    await execa('ip', ['-batch', '-'], { input: bridgeAndCables(nodes) });
    await Promise.all(
      nodes.map(({ name }) =>
        execa('ip', ['-n', name, '-batch', '-'], { input: insideNode(addresses.get(name)!) }),
      ),
    );
    // Names resolve inside the lab, in brokers and in a user's shell alike, without any name server.
    writeFileSync('/run/hosts', hostsFile(addresses));
    await execa('mount', ['--bind', '/run/hosts', '/etc/hosts'], { stdin: 'ignore' });
  } catch (error) {
    throw new Failure(`The lab's network could not be built: ${messageOf(error)}`, {
      hint: '"kept doctor" says what this machine allows.',
      cause: error,
    });
  }
  return {
    net: { ...netnsNet(addresses), clients },
    nodes: new Map(
      nodes.map(({ name }) => [name, processRemote(name, addresses.get(name)!, insideCommand(name))]),
    ),
    close: async () => undefined,
  };
}

/** The client's place first, then the nodes in their order. */
export function addressesOf(names: readonly string[]): ReadonlyMap<string, string> {
  if (names.length > NODES_MAX)
    throw new Failure(`A lab has room for ${NODES_MAX} nodes, not ${names.length}.`);
  const addresses = new Map([[CLIENT, CLIENT_ADDRESS]]);
  for (const [index, name] of names.entries()) {
    if (addresses.has(name)) throw new RangeError(`two nodes of a lab are called "${name}"`);
    addresses.set(name, `192.0.2.${FIRST_NODE + index}`);
  }
  return addresses;
}

/** Programs, sockets and temporary directories that some machines keep in /run are found under their old names. */
function keepMachineRun(): void {
  const own = new Set(readdirSync('/run'));
  for (const name of readdirSync(MACHINE_RUN)) {
    if (!own.has(name)) symlinkSync(join(MACHINE_RUN, name), join('/run', name));
  }
}

/** Commands for `ip -batch` in the lab's root namespace. */
export function bridgeAndCables(nodes: readonly { name: string }[]): string {
  return [
    'link set lo up',
    `link add ${BRIDGE} type bridge`,
    `addr add ${CLIENT_ADDRESS}/24 dev ${BRIDGE}`,
    `link set ${BRIDGE} up`,
    ...nodes.flatMap(({ name }, index) => [
      `netns add ${name}`,
      `link add cable${index} type veth peer name eth0 netns ${name}`,
      `link set cable${index} master ${BRIDGE} up`,
    ]),
    '',
  ].join('\n');
}

function insideNode(address: string): string {
  return ['link set lo up', `addr add ${address}/24 dev eth0`, 'link set eth0 up', ''].join('\n');
}

function hostsFile(addresses: ReadonlyMap<string, string>): string {
  const lines = [...addresses].map(([name, address]) => `${address} ${name}`);
  return [`127.0.0.1 localhost ${hostname()}`, ...lines, ''].join('\n');
}
