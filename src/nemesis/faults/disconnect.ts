import { CLIENT, keyOf } from '../../core/link.ts';
import type { Net } from '../../control/net.ts';
import type { Plugs } from '../../control/plugs.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import type { Fault, Link } from '../../history/fault.ts';
import { cutPairs, pairsOf, untilConnected } from '../link-faults.ts';
import { between } from '../partitions.ts';
import type { DrawnFaultPackage } from './fault-package.ts';

type Disconnect = Extract<Fault, { kind: 'disconnect' }>;

/**
 * Nodes leave the network altogether, as Docker's own disconnect does it, and come back. It is proved as a cut is: its
 * peers and the workers reach a node before, and do not after. The node itself is not asked, since without a network
 * it can make no attempt.
 */
export const disconnectFault: DrawnFaultPackage<Disconnect> = {
  links: (_, { nodes, targets }) => {
    const places = [...nodes.map(({ name }) => name), CLIENT];
    const links = targets.flatMap((target) => {
      const others = places.filter((place) => place !== target);
      return [...between([target], others), ...between(others, [target])];
    });
    // Two targets lose each other, too.
    return [...new Map(links.map((link) => [keyOf(link), link])).values()];
  },

  async assertPossible({ net }) {
    plugsOf(net);
  },

  async strike({ net, clock }, _, { targets, links }) {
    const plugs = plugsOf(net);
    const pairs = pairsOf(links.filter((link) => reaches(link, targets)));
    const effect = await cutPairs({ net: net!, clock }, pairs, {
      cut: () => plugs.disconnect(targets),
      heal: () => plugs.connect(targets),
    });
    return {
      effect,
      async heal() {
        await plugs.connect(targets);
        const timeNs = clock.nowNs();
        const open = links.filter((link) => !net!.isCut(link));
        return untilConnected({ net: net!, clock }, open, timeNs);
      },
    };
  },

  draw: (_, target) => ({ kind: 'disconnect', target }),
};

/** @throws Failure (usage) where no node can be taken off the network. */
function plugsOf(net: Net | null): Plugs {
  const plugs = net?.plugs;
  if (plugs === undefined)
    throw new Failure(
      'In this lab no node can be disconnected: that is done by the Docker daemon, and there is none.',
      { hint: 'Use --lab docker, or isolate the node from everyone.', exitStatus: EXIT.usage },
    );
  const { ability } = plugs;
  if (ability.answer === 'no')
    throw new Failure(`No node can be disconnected here: ${ability.because}.`, {
      hint: ability.hint,
      exitStatus: EXIT.usage,
    });
  return plugs;
}

/** From a place that keeps its network to one that loses it. */
function reaches({ from, to }: Link, targets: readonly string[]): boolean {
  return targets.includes(to) && !targets.includes(from);
}
