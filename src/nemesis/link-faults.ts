import type { Net, Probe } from '../control/net.ts';
import { NS_PER_SECOND, type Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Link } from '../history/fault.ts';
import type { Healed } from './nemesis.ts';

/**
 * Cuts and heals of links, each with its proof. TCP needs both directions, so one probe tells of each pair whether either
 * is cut. Silence proves a cut only where the pair connected just before (the positive control), and a probe that failed
 * proves nothing.
 */

/** A TCP connection inside the lab takes under a millisecond; one retransmission takes a second. */
export const PROBE_TIMEOUT_MS = 400;
/** So often a probe is repeated that observed nothing, and a control that met silence. */
const TRIES = 3;
const RETRY_MS = 200;
/** After a heal, addresses are resolved anew and connections may need a retransmission or two. */
const HEAL_WAIT_NS = 10 * NS_PER_SECOND;

/** Two nodes with a link between them. */
export interface Pair {
  name: string;
  link: Link;
}

/** @throws Failure when the cut has no effect, or could not be made; then nothing of it is left. */
export async function cutLinks(world: { net: Net; clock: Clock }, links: readonly Link[]): Promise<Healed> {
  const { net } = world;
  return cutPairs(world, pairsOf(links), { cut: () => net.cut(links), heal: () => net.heal(links) });
}

/**
 * Whatever makes it impossible for these pairs to talk, with the same proof.
 * @throws Failure when it has no effect, or could not be done; then nothing of it is left.
 */
export async function cutPairs(
  { net, clock }: { net: Net; clock: Clock },
  pairs: readonly Pair[],
  by: { cut(): Promise<void>; heal(): Promise<unknown> },
): Promise<Healed> {
  const controls = await Promise.all(pairs.map(({ link }) => control(net, clock, link)));
  try {
    await by.cut();
  } catch (error) {
    // Some of the links may be cut: none must stay so, and what fails here the final heal tries again.
    await by.heal().catch(() => undefined);
    throw error;
  }
  const timeNs = clock.nowNs();
  const seen = await Promise.all(
    pairs.map(({ link }) => probeUntil(net, clock, link, (probe) => probe.answer !== 'no-observation')),
  );
  const open = pairs.filter((_, index) => seen[index]!.answer === 'connects');
  if (open.length > 0) {
    await by.heal();
    throw new Failure(`The cut has no effect: ${namesOf(open)} still connect.`);
  }
  const doubts = pairs.map((_, index) => whyUnproven(controls[index]!, seen[index]!));
  const proven = pairs.filter((_, index) => doubts[index] === null && controls[index] !== 'cut');
  const cutBefore = pairs.filter((_, index) => doubts[index] === null && controls[index] === 'cut');
  const unproven = pairs.flatMap(({ name }, index) =>
    doubts[index] === null ? [] : [`${name}: ${doubts[index]}`],
  );
  const before = net.needsControl ? ', where one came about just before' : '';
  const evidence = [
    ...(proven.length > 0
      ? [`no TCP connection within ${PROBE_TIMEOUT_MS} ms${before}: ${namesOf(proven)}`]
      : []),
    ...(cutBefore.length > 0 ? [`cut by another fault already: ${namesOf(cutBefore)}`] : []),
    ...(unproven.length > 0 ? [`not observed: ${unproven.join(', ')}`] : []),
  ].join('; ');
  return { timeNs, evidence, ...(unproven.length > 0 && { verified: false }) };
}

/** Never says that a heal had failed for want of an observation: the cluster that settles is the better proof. */
export async function healLinks(
  { net, clock }: { net: Net; clock: Clock },
  links: readonly Link[],
): Promise<Healed> {
  // Links that another fault still cuts stay closed, and are not to be probed.
  const open = await net.heal(links);
  return untilConnected({ net, clock }, open, clock.nowNs());
}

/** Tries the links, which nothing cuts any more since `timeNs`, until they carry, or for a while. */
export async function untilConnected(
  { net, clock }: { net: Net; clock: Clock },
  links: readonly Link[],
  timeNs: number,
): Promise<Healed> {
  const open = pairsOf(links);
  for (let blind = 0; ;) {
    const seen = await Promise.all(open.map(({ link }) => net.probe(link, PROBE_TIMEOUT_MS)));
    const closed = open.filter((_, index) => seen[index]!.answer !== 'connects');
    if (closed.length === 0) return { timeNs, evidence: describeOpen(open) };
    const unseen = seen.filter(({ answer }) => answer === 'no-observation');
    // Only silence may end by waiting.
    if (unseen.length === closed.length) blind++;
    if (blind >= TRIES || clock.nowNs() - timeNs > HEAL_WAIT_NS) {
      const why = unseen.length > 0 ? `not observed (${unseen[0]!.detail})` : 'no TCP connection';
      return { timeNs, evidence: `${why} after the heal: ${namesOf(closed)}`, verified: false };
    }
    if (unseen.length > 0) await clock.sleep(RETRY_MS);
  }
}

/** What was seen of a link before its cut: `cut` where another fault already holds it. Null where none is needed. */
type Control = Probe | 'cut' | null;

async function control(net: Net, clock: Clock, link: Link): Promise<Control> {
  if (!net.needsControl) return null;
  if (net.isCut(link)) return 'cut';
  return probeUntil(net, clock, link, ({ answer }) => answer === 'connects');
}

async function probeUntil(
  net: Net,
  clock: Clock,
  link: Link,
  isEnough: (probe: Probe) => boolean,
): Promise<Probe> {
  for (let tries = 1; ; tries++) {
    const probe = await net.probe(link, PROBE_TIMEOUT_MS);
    if (isEnough(probe) || tries >= TRIES) return probe;
    await clock.sleep(RETRY_MS);
  }
}

/** Why a pair that did not connect after the cut does not prove it, in words; null when it does. */
function whyUnproven(before: Control, after: Probe): string | null {
  if (after.answer === 'no-observation') return `the probe failed (${after.detail})`;
  if (before === null || before === 'cut' || before.answer === 'connects') return null;
  return before.answer === 'silence'
    ? `it did not connect before the cut either (${before.detail})`
    : `the probe before the cut failed (${before.detail})`;
}

/** The pairs of nodes that the links are between, each once. */
export function pairsOf(links: readonly Link[]): Pair[] {
  const pairs = new Map(links.map((link) => [[link.from, link.to].toSorted().join('–'), link]));
  return [...pairs].map(([name, link]) => ({ name, link }));
}

function describeOpen(open: readonly Pair[]): string {
  return open.length > 0 ? `TCP connects again: ${namesOf(open)}` : 'other faults still cut all of its links';
}

function namesOf(pairs: readonly Pair[]): string {
  return pairs.map(({ name }) => name).join(', ');
}
