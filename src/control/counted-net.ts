import { keyOf, type Link } from '../core/link.ts';
import { allDone } from '../core/all-done.ts';
import type { Ability, Impairing } from './impairing/impairing.ts';
import { type Net } from './net.ts';
import type { Plugs } from './plugs.ts';

/** How one kind of lab changes its network. */
export interface LinkChanges {
  /** Makes the packets of these links vanish. May be repeated for a link where it failed half-way. */
  block(links: readonly Link[]): Promise<void>;
  /** Undoes it, also where blocking had failed. */
  unblock(links: readonly Link[]): Promise<void>;
  probe: Net['probe'];
  impairing?: Impairing;
  plugs?: {
    ability: Ability;
    /** Takes a node off the network. */
    pull(node: string): Promise<void>;
    /** Puts it back, also where taking it off had failed. What was cut there is cut afterwards. */
    plug(node: string): Promise<void>;
  };
}

/** A network whose cuts are counted, for every lab that can make packets vanish. */
export function countedNet(changes: LinkChanges): Net {
  const cuts = new Map<string, { link: Link; count: number }>();
  /** How many have disconnected each node. */
  const pulled = new Map<string, number>();
  let last: Promise<unknown> = Promise.resolve();

  /** One change of the network after the other: a heal never overtakes the cut that it is to undo. */
  function inOrder<T>(change: () => Promise<T>): Promise<T> {
    const done = last.then(change);
    last = done.catch(() => undefined);
    return done;
  }

  const isCut = (link: Link) =>
    cuts.has(keyOf(link)) ||
    cuts.has(keyOf({ from: link.to, to: link.from })) ||
    pulled.has(link.from) ||
    pulled.has(link.to);

  function countedPlugs(own: NonNullable<LinkChanges['plugs']>): Plugs {
    return {
      ability: own.ability,
      disconnect: (nodes) =>
        inOrder(async () => {
          for (const node of nodes) pulled.set(node, (pulled.get(node) ?? 0) + 1);
          await allDone(nodes.filter((node) => pulled.get(node) === 1).map((node) => own.pull(node)));
        }),
      connect: (nodes) =>
        inOrder(async () => {
          const back = (nodes ?? [...pulled.keys()]).filter(
            (node) => nodes === undefined || pulled.get(node) === 1,
          );
          await allDone(
            back.map(async (node) => {
              await own.plug(node);
              // Only now: one that failed may be tried again.
              pulled.delete(node);
            }),
          );
          for (const node of nodes ?? []) {
            const count = pulled.get(node);
            if (count !== undefined) pulled.set(node, count - 1);
          }
        }),
    };
  }

  return {
    cut: (links) =>
      inOrder(async () => {
        for (const link of links) {
          cuts.set(keyOf(link), { link, count: (cuts.get(keyOf(link))?.count ?? 0) + 1 });
        }
        await changes.block(links);
      }),

    heal: (links) =>
      inOrder(async () => {
        const all = [...cuts.values()].map((cut) => cut.link);
        const open = (links ?? all).filter(
          (link) => links === undefined || cuts.get(keyOf(link))?.count === 1,
        );
        await changes.unblock(open);
        // Only now: a heal that failed may be tried again.
        for (const link of open) cuts.delete(keyOf(link));
        for (const link of links ?? []) {
          const held = cuts.get(keyOf(link));
          if (held !== undefined) held.count--;
        }
        return (links ?? all).filter((link) => !isCut(link));
      }),

    isCut,
    needsControl: true,
    probe: (link, timeoutMs) => changes.probe(link, timeoutMs),
    ...(changes.impairing !== undefined && { impairing: changes.impairing }),
    ...(changes.plugs !== undefined && { plugs: countedPlugs(changes.plugs) }),
  };
}
