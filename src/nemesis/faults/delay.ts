import type { Net } from '../../control/net.ts';
import { NS_PER_MS, type Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import type { Fault, Link } from '../../history/fault.ts';
import { pairsOf, untilConnected, type Pair } from '../link-faults.ts';
import type { DrawnFaultPackage } from './fault-package.ts';
import { impairingOf } from './impairing-of.ts';
import { linksBetween } from './links-between.ts';

type Delay = Extract<Fault, { kind: 'delay' }>;

/**
 * Packets arrive late. The proof is how long it takes for a TCP connection to come about, before and after: that is one
 * packet there and one back.
 */
export const delayFault: DrawnFaultPackage<Delay> = {
  links: linksBetween,

  async assertPossible({ net }, links) {
    await impairingOf(net, 'delay', links);
  },

  async strike({ net, clock }, { delayMs, jitterMs }, { links }) {
    const impairing = await impairingOf(net, 'delay', links);
    const pairs = pairsOf(links).map((pair) => ({ ...pair, wantedMs: delayMs * directionsOf(pair, links) }));
    const timeoutMs = LEAST_TIMEOUT_MS + 4 * (delayMs + jitterMs);
    const measure = () =>
      Promise.all(pairs.map(({ link }) => connectingMs({ net: net!, clock }, link, timeoutMs)));
    const before = await measure();
    const impaired = await impairing.impair({ kind: 'delay', delayMs, jitterMs }, links);
    const timeNs = clock.nowNs();
    const after = await measure();
    const seen = pairs.map((pair, index) => rise(pair, before[index]!, after[index]!));
    const vain = seen.filter(({ isVain }) => isVain);
    if (vain.length > 0) {
      await impaired.lift();
      throw new Failure(`The delay has no effect: ${vain.map(({ words }) => words).join(', ')}.`);
    }
    const evidence = `a TCP connection takes longer: ${seen.map(({ words }) => words).join(', ')}`;
    const isProven = seen.every((each) => each.isProven);
    return {
      effect: { timeNs, evidence, ...(!isProven && { verified: false }) },
      async heal() {
        await impaired.lift();
        const healedNs = clock.nowNs();
        const open = links.filter((link) => !net!.isCut(link));
        const healed = await untilConnected({ net: net!, clock }, open, healedNs);
        return { ...healed, timeNs: healedNs };
      },
    };
  },

  draw(random, target) {
    const delayMs = random.pick([20, 100, 400, 1_500]);
    return {
      kind: 'delay',
      target,
      peers: 'cluster',
      direction: random.pick(['both', 'both', 'inbound', 'outbound']),
      delayMs,
      jitterMs: random.pick([0, delayMs / 2]),
    };
  },
};

const LEAST_TIMEOUT_MS = 500;
const MEASUREMENTS = 5;
/** Of the delay that was asked for, so much must be seen, and less than so much is none. */
const SHARE_MIN = 0.7;
const SHARE_VAIN = 0.2;

/** In how many directions of the pair packets are late. */
function directionsOf({ link }: Pair, links: readonly Link[]): number {
  return links.filter(
    ({ from, to }) => (from === link.from && to === link.to) || (from === link.to && to === link.from),
  ).length;
}

/** The median of some attempts; null where one of them was not answered. */
async function connectingMs(
  { net, clock }: { net: Net; clock: Clock },
  link: Link,
  timeoutMs: number,
): Promise<number | null> {
  const times: number[] = [];
  for (let attempt = 0; attempt < MEASUREMENTS; attempt++) {
    const startNs = clock.nowNs();
    const { answer } = await net.probe(link, timeoutMs);
    if (answer !== 'connects') return null;
    times.push((clock.nowNs() - startNs) / NS_PER_MS);
  }
  return times.toSorted((a, b) => a - b)[(MEASUREMENTS - 1) / 2]!;
}

function rise(
  { name, wantedMs }: Pair & { wantedMs: number },
  before: number | null,
  after: number | null,
): { words: string; isProven: boolean; isVain: boolean } {
  if (before === null || after === null) {
    const when = before === null ? 'before' : 'after';
    return { words: `${name} not observed (no connection ${when} it)`, isProven: false, isVain: false };
  }
  const share = (after - before) / wantedMs;
  const words = `${name} ${before.toFixed(1)} → ${after.toFixed(1)} ms`;
  return { words, isProven: share >= SHARE_MIN, isVain: share < SHARE_VAIN };
}
