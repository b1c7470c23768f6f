import { Failure } from '../../core/failure.ts';
import type { Place } from '../place.ts';
import type { Probe } from '../net.ts';
import { createProber, localProber, type Prober } from '../prober.ts';
import type { PublishedWorkers } from './docker-net.ts';
import type { Endpoint } from './endpoint.ts';
import { seenAddress } from './greeter.ts';

/**
 * How the workers reach the nodes: at the containers' own addresses, as on a Linux machine with its own daemon, or by
 * ports that the daemon publishes, as with Docker Desktop, a rootless daemon or one on another machine. Which of the two
 * is found out by trying: the greeter beside a node must be heard, since on the way to an address that leads nowhere
 * anything may accept or refuse.
 */
export const REACHES = ['direct', 'published'] as const;
export type Reach = (typeof REACHES)[number];

/** A node whose greeter is to be heard. */
export interface Greeting {
  node: string;
  at: Place;
  word: string;
}

const TIMEOUT_MS = 5_000;

/** What came back from the greeter. With `connects`, the detail is the address that the node saw. */
export function hear(prober: Prober, { at, word }: Greeting, timeoutMs = TIMEOUT_MS): Promise<Probe> {
  return prober.probe(at.host, at.port, timeoutMs, word);
}

/** The prober of this machine. */
export function workersProber(): Prober {
  return createProber({ start: localProber() });
}

/** Where ports are published, and where they are reached then. */
export interface Publishing {
  /** Of the daemon's machine, to listen on. */
  hostIp: string;
  /** The name of that machine here. */
  host: string;
}

/** Only this machine reaches the ports where the daemon is on it; else every machine that reaches the daemon's. */
export function publishingOf({ host }: Pick<Endpoint, 'host'>): Publishing {
  const name = host.startsWith('unix://') ? 'localhost' : new URL(host.replace(/^tcp:/, 'http:')).hostname;
  if (name === 'localhost' || name === '[::1]' || name.startsWith('127.'))
    return { hostIp: '127.0.0.1', host: '127.0.0.1' };
  return { hostIp: '0.0.0.0', host: name.replaceAll(/[[\]]/g, '') };
}

/**
 * Hears every node through its published port, and so learns where what the workers send comes from: the network's gateway
 * where a proxy passes it on, this machine's address where packets are only led on, something else elsewhere.
 * @throws Failure for a node that is not heard.
 */
export async function publishedWorkers(
  greetings: readonly Greeting[],
): Promise<PublishedWorkers & { seenFrom: readonly string[] }> {
  const prober = workersProber();
  const byNode = new Map(greetings.map((greeting) => [greeting.node, greeting]));
  const seen = new Map(
    await Promise.all(
      greetings.map(async (greeting) => {
        const { answer, detail } = await hear(prober, greeting);
        if (answer === 'connects') return [greeting.node, detail] as const;
        const { host, port } = greeting.at;
        throw new Failure(
          `${greeting.node} cannot be reached at its published port ${host}:${port}: ${detail}.`,
          {
            hint: 'The daemon publishes ports on its own machine. Where that is another one, DOCKER_HOST must name it (tcp://HOST:PORT), and no firewall may be in between.',
          },
        );
      }),
    ),
  );
  return {
    seenFrom: [...new Set(seen.values())],
    addressAt(node) {
      const detail = seen.get(node)!;
      const address = seenAddress(detail);
      if (address !== null) return address;
      throw new Failure(
        `The workers cannot be cut from ${node}: what they send comes from ${detail} there, and only IPv4 is cut.`,
      );
    },
    probe: (node, timeoutMs) => hear(prober, byNode.get(node)!, timeoutMs),
  };
}

/** @param why what was seen when the containers' own addresses were tried. */
export function notReached(daemon: string, why: string): Failure {
  return new Failure(
    `The containers of ${daemon} cannot be reached from this machine at their own addresses: ${why}.`,
    {
      hint: 'That is so with Docker Desktop, with rootless daemons and with a daemon on another machine. Leave --docker-reach out, and published ports are used.',
    },
  );
}
