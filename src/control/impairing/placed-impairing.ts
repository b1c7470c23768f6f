import { keyOf, type Link } from '../../core/link.ts';
import { allDone } from '../../core/all-done.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import { clause } from '../../core/words.ts';
import type { Executed } from '../remote.ts';
import { abilitiesOf, abilitiesScript, type PlaceAbilities } from './abilities.ts';
import { applyDelays, type Delayed } from './delay-tree.ts';
import type { Ability, Count, Impaired, Impairing, Impairment, ImpairmentKind } from './impairing.ts';
import { applyLoss, countsOf, readLoss, removeLoss, type LossFilter } from './loss-rules.ts';
import type { Match, Place, PlacedMatch } from './match.ts';

/** How one kind of lab reaches the places where packets are lost and held up. */
export interface Places {
  /** Letters and digits that tell this lab's rules from all others. */
  run: string;
  /** Of all nodes. */
  nodeAddresses: readonly string[];
  /** Runs a script of `sh` at the place, with the rights to change its network. */
  execute(place: Place, script: string): Promise<Executed>;
  /**
   * Where packets of the link are dropped: best where they arrive, since what a kernel drops while it sends is no secret to
   * its sender.
   */
  lost(link: Link): PlacedMatch[];
  /** Where packets of the link are held up, which is where they set out; or why they cannot be. */
  delayed(link: Link): { place: Place; match: Delayed['match'] }[] | Exclude<Ability, { answer: 'yes' }>;
  /** Put before a command at a place so that it runs in an empty network; empty where that needs too many rights. */
  emptyNetwork: string;
  /** Whether all places have the same kernel and the same programs, so that one of them can answer for all. */
  areAlike: boolean;
  /** Whether the place has no network for now. Packets are held up there once it is restored. */
  isAway?(place: Place): boolean;
  /** What a place is called. */
  nameOf(place: Place): string;
}

/** A loss in force. */
interface Loss {
  number: number;
  percent: number;
  links: readonly Link[];
  placed: readonly (PlacedMatch & { link: Link })[];
}

export interface PlacedImpairing extends Impairing {
  /** Brings about once more what is in force at a place, after something has taken it away. */
  restore(place: Place): Promise<void>;
  /** The same for what goes with an interface alone: packets are lost by rules that outlive it, and go on counting. */
  restoreDelays(place: Place): Promise<void>;
}

/** Impairs links by rules at places, for every lab in which a place is a shell with rights. */
export function placedImpairing(places: Places): PlacedImpairing {
  const losses = new Map<number, Loss>();
  const delays = new Map<number, (Delayed & { place: Place })[]>();
  const abilities = new Map<Place, Promise<PlaceAbilities>>();
  let last: Promise<unknown> = Promise.resolve();
  let count = 0;

  /** One change after the other: a tree of delays is made from all that are in force. */
  function inOrder<T>(change: () => Promise<T>): Promise<T> {
    const done = last.then(change);
    last = done.catch(() => undefined);
    return done;
  }

  async function execute(place: Place, script: string): Promise<string> {
    // Every script may be repeated, so a connection that was lost on the way is no reason to give up.
    const { exitStatus, stdout, stderr } = await places
      .execute(place, script)
      .catch(() => places.execute(place, script));
    if (exitStatus === 0) return stdout;
    throw new Failure(
      `The links of ${places.nameOf(place)} could not be changed: ${clause(stderr.trim()) || `exit status ${exitStatus}`}.`,
    );
  }

  async function abilitiesAt(here: Place): Promise<PlaceAbilities> {
    const place = places.areAlike ? ([...abilities.keys()][0] ?? here) : here;
    let known = abilities.get(place);
    if (known === undefined) {
      known = places
        .execute(place, abilitiesScript(places.emptyNetwork))
        .catch((error: unknown) => ({ exitStatus: 1, stdout: '', stderr: messageOf(error) }))
        .then((said) => abilitiesOf(places.nameOf(place), said));
      abilities.set(place, known);
    }
    const found = await known;
    // What was not observed may be the next time.
    if ([found.loss, found.delay].some(({ answer }) => answer === 'not-observed')) abilities.delete(place);
    return found;
  }

  async function filterAt(place: Place): Promise<LossFilter> {
    const { filter, loss } = await abilitiesAt(place);
    if (filter !== null) return filter;
    throw new Failure(`${loss.answer === 'yes' ? 'nothing drops packets there' : loss.because}.`);
  }

  const optionsOf = (number: number) => ({
    run: places.run,
    number,
    nodeAddresses: places.nodeAddresses,
  });

  const matchesAt = (loss: Loss, place: Place): Match[] =>
    loss.placed.filter((each) => each.place === place).map(({ match }) => match);
  const placesOf = (placed: readonly { place: Place }[]) => [...new Set(placed.map(({ place }) => place))];

  async function setLoss(loss: Loss, place: Place): Promise<void> {
    const matches = matchesAt(loss, place);
    await execute(place, applyLoss(await filterAt(place), optionsOf(loss.number), matches, loss.percent));
  }

  async function liftLoss(loss: Loss): Promise<void> {
    await Promise.all(
      placesOf(loss.placed).map(async (place) =>
        execute(place, removeLoss(await filterAt(place), optionsOf(loss.number))),
      ),
    );
    losses.delete(loss.number);
  }

  async function lose(percent: number, links: readonly Link[]): Promise<Impaired> {
    const placed = links.flatMap((link) => places.lost(link).map((each) => ({ ...each, link })));
    const loss: Loss = { number: ++count, percent, links, placed };
    losses.set(loss.number, loss);
    const lift = () =>
      inOrder(async () => {
        if (losses.has(loss.number)) await liftLoss(loss);
      });
    try {
      await inOrder(() => Promise.all(placesOf(placed).map((place) => setLoss(loss, place))));
    } catch (error) {
      // What fails here the final heal tries again.
      await lift().catch(() => undefined);
      throw error;
    }
    return { lift, counts: () => countLoss(loss) };
  }

  async function countLoss(loss: Loss): Promise<ReadonlyMap<string, Count>> {
    const counts = new Map<string, Count>(loss.links.map((link) => [keyOf(link), { seen: 0, dropped: 0 }]));
    await Promise.all(
      placesOf(loss.placed).map(async (place) => {
        const filter = await filterAt(place);
        const text = await execute(place, readLoss(filter, optionsOf(loss.number)));
        const here = loss.placed.filter((each) => each.place === place);
        for (const [index, { seen, dropped }] of countsOf(filter, matchesAt(loss, place), text).entries()) {
          const known = counts.get(keyOf(here[index]!.link))!;
          known.seen += seen;
          known.dropped += dropped;
        }
      }),
    );
    return counts;
  }

  /** The tree of a place as a whole; what is late twice is late by both. */
  async function setDelays(place: Place): Promise<void> {
    if (places.isAway?.(place) === true) return;
    const sums = new Map<string, Delayed>();
    for (const { match, delayMs, jitterMs } of [...delays.values()].flat().filter((d) => d.place === place)) {
      const key = JSON.stringify(match);
      const known = sums.get(key) ?? { match, delayMs: 0, jitterMs: 0 };
      sums.set(key, { match, delayMs: known.delayMs + delayMs, jitterMs: known.jitterMs + jitterMs });
    }
    await execute(place, applyDelays([...sums.values()]));
  }

  async function setDelaysAgain(place: Place): Promise<void> {
    if ([...delays.values()].flat().some((each) => each.place === place)) await setDelays(place);
  }

  async function delay(
    length: { delayMs: number; jitterMs: number },
    links: readonly Link[],
  ): Promise<Impaired> {
    const placed = links.flatMap((link) => {
      const found = places.delayed(link);
      if ('answer' in found) throw new Failure(`${found.because}.`);
      return found.map(({ place, match }) => ({ place, match, ...length }));
    });
    const number = ++count;
    delays.set(number, placed);
    const change = () => inOrder(() => Promise.all(placesOf(placed).map(setDelays)));
    const lift = async () => {
      const held = delays.get(number);
      if (held === undefined) return;
      delays.delete(number);
      try {
        await change();
      } catch (error) {
        delays.set(number, held);
        throw error;
      }
    };
    try {
      await change();
    } catch (error) {
      await lift().catch(() => undefined);
      throw error;
    }
    return { lift, counts: async () => new Map() };
  }

  async function can(kind: ImpairmentKind, links: readonly Link[]): Promise<Ability> {
    const concerned = new Set<Place>();
    for (const link of links) {
      const found = kind === 'delay' ? places.delayed(link) : places.lost(link);
      if ('answer' in found) return found;
      for (const { place } of found) concerned.add(place);
    }
    const found = await Promise.all([...concerned].map(abilitiesAt));
    const answers = found.map((ability) => ability[kind]);
    return (
      answers.find(({ answer }) => answer === 'no') ??
      answers.find(({ answer }) => answer === 'not-observed') ?? { answer: 'yes' }
    );
  }

  return {
    can,
    impair: (impairment: Impairment, links) =>
      impairment.kind === 'loss' ? lose(impairment.percent, links) : delay(impairment, links),

    async liftAll() {
      await inOrder(async () => {
        const touched = placesOf([...delays.values()].flat());
        delays.clear();
        await allDone([...[...losses.values()].map(liftLoss), ...touched.map(setDelays)]);
      });
    },

    async restore(place) {
      await inOrder(async () => {
        for (const loss of losses.values())
          if (loss.placed.some((each) => each.place === place)) await setLoss(loss, place);
        await setDelaysAgain(place);
      });
    },

    restoreDelays: (place) => inOrder(() => setDelaysAgain(place)),
  };
}
