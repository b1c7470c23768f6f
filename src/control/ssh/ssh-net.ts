import { CLIENT, keyOf, type Link } from '../../core/link.ts';
import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { countedNet } from '../counted-net.ts';
import { placedImpairing } from '../impairing/placed-impairing.ts';
import { type Net } from '../net.ts';
import { createProber, localProber } from '../prober.ts';
import { rulesOf, type NetNode } from './cut-rules.ts';
import { EMPTY_NETWORK, executeAsRoot } from './host-abilities.ts';
import { delayedAt, lostAt } from './impaired-places.ts';
import { probeFrom } from './node-probe.ts';
import { applyScript, type Filter, type Rule } from './packet-filter.ts';
import type { RemoteHost } from './remote-host.ts';
import { rootPrefix } from './survey.ts';

/** The network between hosts behind SSH: cuts are rules of the hosts' own packet filters. */
export interface SshNet extends Net {
  /** Brings the rules of a host about once more, after something has taken them away. */
  restore(host: RemoteHost): Promise<void>;
}

const FILTER_TIMEOUT_MS = 20_000;

export function sshNet(options: {
  nodes: ReadonlyMap<string, NetNode>;
  /** By the name of a node. */
  hostOf: (node: string) => RemoteHost;
  run: string;
  clock: Clock;
}): SshNet {
  const { nodes, hostOf, run, clock } = options;
  const inForce = new Map<string, Link>();
  const here = createProber({ start: localProber() });
  const filter: Filter = {
    run,
    nodeAddresses: [...new Set([...nodes.values()].map(({ address }) => address))],
  };

  const rulesOn = (host: RemoteHost): Rule[] =>
    [...inForce.values()]
      .flatMap((link) => rulesOf(link, nodes))
      .filter(({ node }) => hostOf(node) === host)
      .map(({ rule }) => rule);

  /** A host's rules as a whole, so that to say them twice is to say them once; the kernel's own count has to agree. */
  async function bringAbout(host: RemoteHost): Promise<void> {
    const rules = rulesOn(host);
    const kind = host.facts.filter!;
    const command = [...rootPrefix(host.facts.root)!, 'sh', '-c', applyScript(kind, filter, rules)];
    const attempt = () => host.control.exec(command, { timeoutMs: FILTER_TIMEOUT_MS });
    // It may be repeated, so a connection that was lost on the way is no reason to give up.
    const { exitStatus, stdout, stderr } = await attempt().catch(attempt);
    if (exitStatus !== 0)
      throw new Failure(
        `The links of ${host.name} could not be changed: ${stderr || `exit status ${exitStatus}`}`,
      );
    const there = Number(stdout.trim().split('\n').at(-1));
    if (there !== rules.length)
      throw new Failure(
        `The links of ${host.name} are not as they were set: its ${kind} has ${there} rules of ${rules.length}`,
      );
  }

  async function change(links: readonly Link[]): Promise<void> {
    const hosts = new Set(links.flatMap((link) => rulesOf(link, nodes)).map(({ node }) => hostOf(node)));
    await Promise.all([...hosts].map((host) => bringAbout(host)));
  }

  /** A connection needs both directions, so it is tried in the one in which these two nodes would make one. */
  function asConnected({ from, to }: Link): Link {
    // A host of workers listens nowhere.
    const isTurned = nodes.get(from)?.onlyAnswers === true || nodes.get(to)?.ports.length === 0;
    return isTurned && to !== CLIENT ? { from: to, to: from } : { from, to };
  }

  const byName = new Map([...nodes.keys()].map((node) => [hostOf(node).name, hostOf(node)]));
  const hosted = { nodes, hostOf: (node: string) => hostOf(node).name };
  const impairing = placedImpairing({
    run,
    nodeAddresses: filter.nodeAddresses,
    execute: (place, script) => executeAsRoot(byName.get(place)!, script),
    nameOf: (place) => place,
    lost: (link) => lostAt(hosted, link),
    delayed: (link) => delayedAt(hosted, link),
    emptyNetwork: EMPTY_NETWORK,
    areAlike: false,
  });

  const net = countedNet({
    impairing,
    async block(links) {
      for (const link of links) inForce.set(keyOf(link), link);
      await change(links);
    },
    async unblock(links) {
      for (const link of links) inForce.delete(keyOf(link));
      await change(links);
    },
    async probe(link, timeoutMs) {
      const { from, to } = asConnected(link);
      const { address, ports } = nodes.get(to) ?? fail(to);
      const port = ports[0]!;
      if (from === CLIENT) return here.probe(address, port, timeoutMs);
      const host = nodes.has(from) ? hostOf(from) : fail(from);
      return probeFrom(host, { address, port }, { timeoutMs, clock });
    },
  });
  return {
    ...net,
    async restore(host) {
      await bringAbout(host);
      await impairing.restore(host.name);
    },
  };
}

function fail(name: string): never {
  throw new RangeError(`there is no node "${name}" in this lab`);
}
