import { keyOf } from '../../core/link.ts';
import type { Count, Impaired } from '../../control/impairing/impairing.ts';
import type { Net } from '../../control/net.ts';
import { NS_PER_SECOND, type Clock } from '../../core/clock.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import { clause, counted, grouped } from '../../core/words.ts';
import type { Fault, Link } from '../../history/fault.ts';
import { PROBE_TIMEOUT_MS, untilConnected } from '../link-faults.ts';
import type { Healed } from '../nemesis.ts';
import type { DrawnFaultPackage } from './fault-package.ts';
import { impairingOf } from './impairing-of.ts';
import { linksBetween } from './links-between.ts';

type Loss = Extract<Fault, { kind: 'loss' }>;

/**
 * Packets vanish at random. The proof is the kernels' own count of what they dropped, on every link: a loss that dropped
 * nothing is not in force. Where there is little to be dropped, probes are sent along until something is.
 */
export const lossFault: DrawnFaultPackage<Loss> = {
  links: linksBetween,

  async assertPossible({ net }, links) {
    await impairingOf(net, 'loss', links);
  },

  async strike({ net, clock }, { percent }, { links }) {
    const impairing = await impairingOf(net, 'loss', links);
    const impaired = await impairing.impair({ kind: 'loss', percent }, links);
    const timeNs = clock.nowNs();
    const { evidence, isProven, isVain } = await look(impaired, { net: net!, clock, links, percent });
    if (isVain) {
      await impaired.lift();
      throw new Failure(`The loss has no effect: ${evidence}.`);
    }
    return {
      effect: { timeNs, evidence, ...(!isProven && { verified: false }) },
      heal: () => heal(impaired, { net: net!, clock, links }),
    };
  },

  draw: (random, target) => ({
    kind: 'loss',
    target,
    peers: random.pick(['cluster', 'brokers', 'everyone']),
    direction: random.pick(['both', 'both', 'inbound', 'outbound']),
    percent: random.pick([5, 10, 20, 40]),
  }),
};

/** So long it is looked for a dropped packet on every link. */
const LOOK_NS = 6 * NS_PER_SECOND;
const PROBES_AT_ONCE = 8;
const PAUSE_MS = 50;
/** Where so many packets came by, and none was dropped that should have been but for so small a chance, none is. */
const CHANCE_MAX = 1e-9;

interface Looked {
  evidence: string;
  /** Whether packets were seen to be dropped on every link. */
  isProven: boolean;
  /** Whether so many packets got through on some link that nothing drops any there. */
  isVain: boolean;
}

async function look(
  impaired: Impaired,
  { net, clock, links, percent }: { net: Net; clock: Clock; links: readonly Link[]; percent: number },
): Promise<Looked> {
  const untilNs = clock.nowNs() + LOOK_NS;
  for (;;) {
    let counts: ReadonlyMap<string, Count>;
    try {
      counts = await impaired.counts();
    } catch (error) {
      const evidence = `not observed: the counters could not be read (${clause(messageOf(error))})`;
      return { evidence, isProven: false, isVain: false };
    }
    const of = (link: Link): Count => counts.get(keyOf(link)) ?? { seen: 0, dropped: 0 };
    const open = links.filter((link) => of(link).dropped === 0);
    if (open.length === 0) return { evidence: describe(counts), isProven: true, isVain: false };
    const vain = open.filter((link) => (1 - percent / 100) ** of(link).seen < CHANCE_MAX);
    if (vain.length > 0) {
      const told = vain.map((link) => `${grouped(of(link).seen)} packets of ${nameOf(link)}`).join(', ');
      return { evidence: `none was dropped of ${told}`, isProven: false, isVain: true };
    }
    if (clock.nowNs() > untilNs) {
      const told = open.map((link) => `${nameOf(link)} (${counted(of(link).seen, 'packet')})`).join(', ');
      const evidence = `${describe(counts)}; not observed: none was dropped yet on ${told}`;
      return { evidence, isProven: false, isVain: false };
    }
    await clock.sleep(PAUSE_MS);
    const probes = open.flatMap((link) => new Array<Link>(PROBES_AT_ONCE).fill(link));
    await Promise.all(probes.map((link) => net.probe(link, PROBE_TIMEOUT_MS)));
  }
}

async function heal(
  impaired: Impaired,
  { net, clock, links }: { net: Net; clock: Clock; links: readonly Link[] },
): Promise<Healed> {
  const counts = await impaired.counts().catch(() => null);
  await impaired.lift();
  const timeNs = clock.nowNs();
  const open = links.filter((link) => !net.isCut(link));
  const seen = await untilConnected({ net, clock }, open, timeNs);
  const total = counts === null ? 'what was dropped in all could not be read' : describe(counts);
  return { ...seen, timeNs, evidence: `${total}; ${seen.evidence}` };
}

/** `dropped 1,204 of 6,010 packets: kafka1→kafka2 12 of 60, …`. */
function describe(counts: ReadonlyMap<string, Count>): string {
  const all = [...counts.values()];
  const total = (key: keyof Count) => grouped(all.reduce((sum, count) => sum + count[key], 0));
  const each = [...counts].map(
    ([key, { seen, dropped }]) => `${key.replace('>', '→')} ${grouped(dropped)} of ${grouped(seen)}`,
  );
  if (counts.size === 1)
    return `dropped ${total('dropped')} of ${total('seen')} packets of ${[...counts.keys()][0]!.replace('>', '→')}`;
  const shown = each.length > TOLD_MAX ? [...each.slice(0, TOLD_MAX), '…'] : each;
  return `dropped ${total('dropped')} of ${total('seen')} packets: ${shown.join(', ')}`;
}

const TOLD_MAX = 4;

function nameOf({ from, to }: Link): string {
  return `${from}→${to}`;
}
