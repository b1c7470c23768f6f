import { CLIENT, type Link } from '../../core/link.ts';
import { execa } from '../../core/execa.ts';
import { Failure } from '../../core/failure.ts';
import { countedNet } from '../counted-net.ts';
import { placedImpairing } from '../impairing/placed-impairing.ts';
import { type Net } from '../net.ts';
import { localProber } from '../prober.ts';
import { probing } from '../probing.ts';
import type { Executed } from '../remote.ts';
import { BRIDGE, insideCommand } from './names.ts';

/**
 * Silent, directed cuts with nothing but the neighbour table: the sender gets a permanent entry that leads the peer's
 * address to a hardware address that no host has. Its packets leave and vanish, as they do in a partition; nothing is
 * refused, and the opposite direction goes on. The kernel never overwrites a permanent entry by what it hears from the
 * peer; once it is deleted, the next packet asks for the peer's real address again.
 */
const NO_HOST = '02:00:00:00:00:01';
/** What `ip` says when there is no entry to delete: the cut had failed half-way, so there is nothing to heal. */
const NOT_THERE = /No such file or directory/;

const IMPAIR_TIMEOUT_MS = 20_000;

/** @param addresses of all nodes by name, the client's place among them. */
export function netnsNet(addresses: ReadonlyMap<string, string>): Net {
  const { addressOf, probe } = probing(addresses, (name) =>
    localProber(name === CLIENT ? [] : insideCommand(name)),
  );

  /** One `ip` per sending node, for all of its links. */
  async function changeNeighbours(links: readonly Link[], entry: (address: string) => string): Promise<void> {
    const linesByNode = new Map<string, string[]>();
    for (const { from, to } of links) {
      addressOf(from);
      const lines = linesByNode.get(from) ?? [];
      lines.push(`neigh ${entry(addressOf(to))} dev ${from === CLIENT ? BRIDGE : 'eth0'}`);
      linesByNode.set(from, lines);
    }
    await Promise.all(
      [...linesByNode].map(async ([node, lines]) => {
        const namespace = node === CLIENT ? [] : ['-n', node];
        const { exitCode, stderr, shortMessage } = await execa(
          'ip',
          [...namespace, '-force', '-batch', '-'],
          {
            input: `${lines.join('\n')}\n`,
            env: { LC_ALL: 'C' },
            reject: false,
          },
        );
        if (exitCode === 0) return;
        const problems = stderr
          .split('\n')
          .filter((line) => !line.startsWith('Command failed') && !NOT_THERE.test(line));
        if (problems.length > 0 || stderr === '') {
          throw new Failure(
            `The links of ${node} could not be changed: ${problems.join('; ') || shortMessage}`,
          );
        }
      }),
    );
  }

  return countedNet({
    block: (links) =>
      changeNeighbours(links, (address) => `replace ${address} lladdr ${NO_HOST} nud permanent`),
    unblock: (links) => changeNeighbours(links, (address) => `del ${address}`),
    probe,
    impairing: placedImpairing({
      // Its namespaces are its own.
      run: 'lab',
      nodeAddresses: [...addresses.values()],
      execute: executeAt,
      nameOf: (place) => (place === CLIENT ? 'the workers’ place' : place),
      lost: ({ from, to }) => [{ place: to, match: { chain: 'in', peer: { address: addressOf(from) } } }],
      delayed: ({ from, to }) => [{ place: from, match: { chain: 'out', peer: { address: addressOf(to) } } }],
      emptyNetwork: 'unshare --net',
      areAlike: true,
    }),
  });
}

/** A shell in the network of a node, or in the one that the workers write from. */
async function executeAt(place: string, script: string): Promise<Executed> {
  const [program, ...args] = [...(place === CLIENT ? [] : insideCommand(place)), 'sh', '-c', script];
  const { exitCode, stdout, stderr, timedOut } = await execa(program, args, {
    reject: false,
    stdin: 'ignore',
    timeout: IMPAIR_TIMEOUT_MS,
    env: { LC_ALL: 'C' },
  });
  if (timedOut) throw new Failure(`no answer within ${IMPAIR_TIMEOUT_MS / 1_000} s`);
  return { exitStatus: exitCode ?? 1, stdout, stderr };
}
