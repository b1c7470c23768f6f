import { grouped, listed, seconds } from '../../core/words.ts';
import { percent, type Table } from '../repeats/tables.ts';
import type { FaultCost } from './fault-cost.ts';
import type { FaultTally } from './fault-tally.ts';
import { roughFacts } from './rough-spread.ts';
import type { SoakReport } from './soak-report.ts';
import type { StruckRole } from './struck-roles.ts';

/** How often each kind of fault struck, and whom. */
export function strikesTable(faults: readonly FaultTally[]): Table {
  const columns: readonly StruckRole[] = ['leader', 'controller', 'follower'];
  return {
    title: 'Faults, and what they struck',
    rows: [
      ['fault', 'struck', 'in vain', 'left out', ...columns, 'other'],
      ...faults.map(({ kind, struck, failed, skipped, roles }) => {
        const others = roles.filter(({ role }) => !columns.includes(role));
        const times = (role: StruckRole) => roles.find((entry) => entry.role === role)?.struck ?? 0;
        const other = others.reduce((sum, entry) => sum + entry.struck, 0);
        return [kind, ...[struck, failed, skipped, ...columns.map(times), other].map(grouped)];
      }),
    ],
  };
}

/** What the faults of each kind cost, by what the struck nodes were. Null where no fault took effect. */
export function costsTable(faults: readonly FaultTally[]): Table | null {
  const rows = faults.flatMap(({ kind, roles }) =>
    roles.filter(({ cost }) => cost.faults > 0).map(({ role, cost }) => [kind, role, ...costCells(cost)]),
  );
  if (rows.length === 0) return null;
  return {
    title: 'What they cost while they lasted',
    rows: [['fault', 'on', 'no acks', 'in all', 'first ack', 'p99 in ms'], ...rows],
  };
}

function costCells({
  lengthNs,
  unavailableNs,
  firstAckMs,
  neverAcked,
  p99BeforeMs,
  p99DuringMs,
}: FaultCost): string[] {
  const firstAck = roughFacts(firstAckMs)?.median ?? null;
  const [before, during] = [p99BeforeMs, p99DuringMs].map((spread) => roughFacts(spread)?.median ?? null);
  return [
    lengthNs > 0 ? percent(unavailableNs / lengthNs) : '–',
    seconds(unavailableNs),
    firstAck === null ? (neverAcked > 0 ? 'none' : '–') : seconds(firstAck * 1e6),
    before == null || during == null ? '–' : `${milliseconds(before)} → ${milliseconds(during)}`,
  ];
}

/** Of what the tables' columns speak, and do not say themselves. */
export const TABLE_NOTES = [
  'A node may have several roles; "other" is ZooKeeper or a KRaft controller of its own, the clients, or the network as a whole. "No acks": of the time that such faults lasted, and in all; the load\'s own pauses do not count. "First ack" and "p99": medians; p99 in the calm before a strike → while it lasted.',
];

/** What was never tested, in sentences. */
export function untestedSentences({ untested, notTested }: SoakReport): string[] {
  const { neverOn, impossible, notWanted } = notTested;
  const pairs = neverOn.map(({ kind, roles }) => `${kind} of a ${roles.join(' or ')}`);
  return [
    ...(untested.length > 0 ? [`Never tested, since it never took effect: ${all(untested)}.`] : []),
    ...(pairs.length > 0 ? [`Never tested: ${pairs.join('; ')}.`] : []),
    ...(impossible.length > 0
      ? [`Never tested, since this lab cannot do it: ${all(impossible.map(({ kind }) => kind))}.`]
      : []),
    ...(notWanted.length > 0 ? [`Never tested, since no period was to have it: ${all(notWanted)}.`] : []),
  ];
}

const all = (kinds: readonly string[]): string => (kinds.length > 10 ? kinds.join(', ') : listed(kinds));

function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(1) : grouped(value);
}
