import { CLIENT, keyOf, type Link } from '../../core/link.ts';
import { readFileSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import { countedNet } from '../counted-net.ts';
import { placedImpairing } from '../impairing/placed-impairing.ts';
import type { Ability } from '../impairing/impairing.ts';
import { type Net, type Probe } from '../net.ts';
import { localProber, PROGRAM, type ProberProcess } from '../prober.ts';
import { probing } from '../probing.ts';
import type { Remote } from '../remote.ts';
import type { Attached } from './exec.ts';

/**
 * Silent, directed cuts, made in a node's own network namespace by a helper container that lives in it. What a node sends
 * is led to a hardware address that no host has, by a permanent neighbour entry; what is not on the lab's network is made
 * a neighbour first. What the workers send to a node comes from outside the lab's containers, so the node drops it on its
 * arrival, by a routing rule for their address that ends in a blackhole. Both need nothing but `arp` and `ip`, and both
 * carry a mark of ours: the address, the table.
 */
export interface Helper {
  /** A shell in the node's network namespace that may change it. */
  remote: Pick<Remote, 'exec'>;
  /** Starts a program of Node there. */
  runProgram: (source: string, args?: readonly string[]) => Promise<Attached>;
}

/** The workers, where they reach nodes by ports that are published. */
export interface PublishedWorkers {
  /** Where what they send comes from, as a node sees it. @throws Failure where it cannot be cut. */
  addressAt(node: string): string;
  /** Through the published port and back. */
  probe(node: string, timeoutMs: number): Promise<Probe>;
}

/** What the daemon does to the network of a node as a whole. */
export interface Cables {
  ability: Ability;
  disconnect(node: string): Promise<void>;
  /** With the address that it had. Changes nothing where it is connected. */
  connect(node: string): Promise<void>;
}

const NO_HOST = '02:00:00:00:00:01';
const TABLE = 66;
const PREFERENCE = 10;
const CHANGE_TIMEOUT_MS = 20_000;

/**
 * Once in a namespace. The local table comes first of all by itself, and then no rule of ours could come before it.
 */
const PREPARE = `
ip rule | grep -q '^100:' || ip rule add pref 100 lookup local || exit 1
if ip rule | grep -q '^0:'; then ip rule del pref 0 || exit 1; fi
ip route show table ${TABLE} | grep -q blackhole || ip route add blackhole default table ${TABLE}`;

/** Some shells of busybox call busybox's own tc first, which knows no netem. */
export const REAL_TC = 'if [ -x /usr/bin/tc ]; then tc() { /usr/bin/tc "$@"; }; fi\n';

/** The interface by its address: after a reconnection it has another name. */
const FIND_DEVICE = (address: string) => `
device=$(ip -o -4 addr show | sed -n 's|^[0-9]*: *\\([^ @]*\\).* inet ${address}/.*|\\1|p' | head -n 1)
[ -n "$device" ] || { echo 'no interface has the address ${address}' >&2; exit 1; }`;

/** Each looks afterwards whether the kernel has done it: a cut that is none must never be taken for one. */
const BLOCK_SENDING = (to: string) => `
if ip route get ${to} | grep -q ' via '; then ip route add ${to}/32 dev "$device" || exit 1; fi
arp -i "$device" -s ${to} ${NO_HOST} || exit 1
arp -n -a | grep -F '(${to}) at ${NO_HOST}' | grep -q PERM || exit 1`;
const UNBLOCK_SENDING = (to: string) => `
if arp -n -a | grep -qF '(${to}) at ${NO_HOST}'; then arp -i "$device" -d ${to} || exit 1; fi
if arp -n -a | grep -qF '(${to}) at ${NO_HOST}'; then exit 1; fi
if ip route | grep -q "^${to} dev $device"; then ip route del ${to}/32 dev "$device" || exit 1; fi`;
const BLOCK_RECEIVING = (from: string) => `${PREPARE}
ip rule | grep -q 'from ${from} lookup ${TABLE}' || ip rule add pref ${PREFERENCE} from ${from} lookup ${TABLE} || exit 1
ip rule | grep -q 'from ${from} lookup ${TABLE}' || exit 1`;
const UNBLOCK_RECEIVING = (from: string) => `
while ip rule | grep -q 'from ${from} lookup ${TABLE}'; do
  ip rule del pref ${PREFERENCE} from ${from} lookup ${TABLE} || exit 1
done`;

/**
 * @param addresses of all nodes by name, the client's place among them where the workers reach these addresses.
 * @param workers where they do not.
 * @param cables null: no node can be disconnected.
 */
export function dockerNet(
  helpers: ReadonlyMap<string, Helper>,
  addresses: ReadonlyMap<string, string>,
  workers: PublishedWorkers | null = null,
  cables: Cables | null = null,
): Net {
  const source = readFileSync(PROGRAM, 'utf8');
  const { addressOf, probe } = probing(addresses, (name) => {
    const helper = helpers.get(name);
    return helper === undefined ? localProber() : async () => proberIn(await helper.runProgram(source));
  });

  /** Nodes without a network. */
  const away = new Set<string>();
  /** What nodes are kept from sending, to be done again once they are back. */
  const unsent = new Map<string, Link>();

  const addressAt = (place: string, other: string) =>
    other === CLIENT && workers !== null ? workers.addressAt(place) : addressOf(other);

  /** One script per namespace, for all of its links. */
  async function change(
    links: readonly Link[],
    sending: (to: string) => string,
    receiving: (from: string) => string,
  ): Promise<void> {
    const scripts = new Map<string, { find: string; steps: string }>();
    for (const { from, to } of links) {
      const place = from === CLIENT ? to : from;
      const other = from === CLIENT ? from : to;
      const address = addressAt(place, other);
      // Without a network it sends nothing, and what is set for its interface goes with that.
      if (from !== CLIENT && away.has(place)) continue;
      const { find, steps } = scripts.get(place) ?? { find: '', steps: '' };
      scripts.set(
        place,
        from === CLIENT
          ? { find, steps: `${steps}${receiving(address)}` }
          : { find: FIND_DEVICE(addressOf(place)), steps: `${steps}${sending(address)}` },
      );
    }
    await Promise.all(
      [...scripts].map(async ([node, { find, steps }]) => {
        const script = `${find}${steps}`;
        const { exitStatus, stderr } = await helpers
          .get(node)!
          .remote.exec(['sh', '-c', script], { timeoutMs: CHANGE_TIMEOUT_MS });
        if (exitStatus === 0) return;
        throw new Failure(
          `The links of ${node} could not be changed: ${stderr.trim() || 'the kernel did not take it'}.`,
        );
      }),
    );
  }

  const block = (links: readonly Link[]) => {
    for (const link of links) if (link.from !== CLIENT) unsent.set(keyOf(link), link);
    return change(links, BLOCK_SENDING, BLOCK_RECEIVING);
  };

  async function unblock(links: readonly Link[]): Promise<void> {
    await change(links, UNBLOCK_SENDING, UNBLOCK_RECEIVING);
    for (const link of links) unsent.delete(keyOf(link));
  }

  const impairing = placedImpairing({
    // Each node's namespace is its own.
    run: 'lab',
    nodeAddresses: [...addresses.values()],
    execute: (node, script) =>
      helpers.get(node)!.remote.exec(['sh', '-c', `${REAL_TC}${script}`], { timeoutMs: CHANGE_TIMEOUT_MS }),
    nameOf: (node) => node,
    isAway: (node) => away.has(node),
    lost: ({ from, to }) => [
      // The workers' place is no container of ours, so what it gets is lost where it sets out.
      to === CLIENT
        ? { place: from, match: { chain: 'out', peer: { address: addressAt(from, to) } } }
        : { place: to, match: { chain: 'in', peer: { address: addressAt(to, from) } } },
    ],
    delayed: ({ from, to }) =>
      from === CLIENT
        ? {
            answer: 'no',
            because:
              'what the workers send to containers cannot be held up, since it does not set out in one',
            hint: 'delay what the nodes send: "direction": "outbound", or "peers": "cluster"',
          }
        : [{ place: from, match: { chain: 'out', peer: { address: addressAt(from, to) } } }],
    // A helper has the rights of an administrator of this network only.
    emptyNetwork: '',
    areAlike: true,
  });

  return countedNet({
    impairing,
    block,
    unblock,
    ...(cables !== null && {
      plugs: {
        ability: cables.ability,
        async pull(node) {
          away.add(node);
          await cables.disconnect(node);
        },
        async plug(node) {
          await cables.connect(node);
          away.delete(node);
          await block([...unsent.values()].filter(({ from }) => from === node));
          await impairing.restoreDelays(node);
        },
      },
    }),
    probe(link, timeoutMs) {
      const isWorkers = link.from === CLIENT || link.to === CLIENT;
      if (workers === null || !isWorkers) return probe(link, timeoutMs);
      // A connection needs both directions, so it does not matter which end begins.
      return workers.probe(link.from === CLIENT ? link.to : link.from, timeoutMs);
    },
  });
}

function proberIn({ stdin, stdout, stderr }: Attached): ProberProcess {
  const ended = new Promise<string>((resolve) => {
    stdout.once('end', () => resolve('ended'));
    stdout.once('close', () => resolve('ended'));
  });
  return { stdin, stdout, stderr, ended };
}
