import { execa } from 'execa';
import type { Link, Net } from '../net.ts';
import { BRIDGE, insideCommand } from './place.ts';

/**
 * Silent, directed cuts with nothing but the neighbour table: the sender gets a permanent entry that leads the peer's
 * address to a hardware address nobody has. Its packets leave and vanish, as they do in a partition; nothing is
 * refused, and the opposite direction goes on.
 */
const NOBODY = '02:00:00:00:00:01';
/** A port that nothing listens on: being refused proves that packets went there and back. */
const PROBE_PORT = 9;

export function netnsNet(addresses: ReadonlyMap<string, string>): Net {
  const cuts = new Map<string, Link>();
  const keyOf = (link: Link) => `${link.from}>${link.to}`;

  async function neighbour(link: Link, command: readonly string[]): Promise<void> {
    const place =
      link.from === 'client'
        ? { namespace: [], device: BRIDGE }
        : { namespace: ['-n', link.from], device: 'eth0' };
    await execa('ip', [
      ...place.namespace,
      'neigh',
      command[0]!,
      addressOf(link.to),
      ...command.slice(1),
      'dev',
      place.device,
    ]);
  }

  function addressOf(name: string): string {
    const address = addresses.get(name);
    if (address === undefined) throw new Error(`there is no node "${name}" in this lab`);
    return address;
  }

  return {
    async cut(links) {
      await Promise.all(
        links.map(async (link) => {
          cuts.set(keyOf(link), link);
          await neighbour(link, ['replace', 'lladdr', NOBODY, 'nud', 'permanent']);
        }),
      );
    },

    async heal(links = [...cuts.values()]) {
      await Promise.all(
        links.map(async (link) => {
          if (cuts.delete(keyOf(link))) await neighbour(link, ['del']);
        }),
      );
    },

    async reachable(link, timeoutMs) {
      const probe = [
        'timeout',
        String(timeoutMs / 1_000),
        'bash',
        '-c',
        `</dev/tcp/${addressOf(link.to)}/${PROBE_PORT}`,
      ];
      const [program, ...args] = link.from === 'client' ? probe : [...insideCommand(link.from), ...probe];
      const { exitCode, stderr } = await execa(program!, args, { reject: false, env: { LC_ALL: 'C' } });
      return exitCode === 0 || /refused/i.test(stderr);
    },
  };
}
