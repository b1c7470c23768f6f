import { NS_PER_SECOND, type Clock } from '../../core/clock.ts';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import { clause } from '../../core/words.ts';
import type { Db, LeaderMove, View } from '../../db/db.ts';
import type { Fault } from '../../history/fault.ts';
import { newestClaim } from '../targets.ts';
import type { DrawnFaultPackage } from './fault-package.ts';

/**
 * Leaders move without any fault, as an administrator moves them. The proof is that brokers name the new leader; where no
 * broker says who leads, nothing was observed. Afterwards the former leaders are asked to lead again. Whoever leads, nothing
 * is left to be mended, so a way back that fails is told and is no failure.
 */
export const moveLeaderFault: DrawnFaultPackage<Extract<Fault, { kind: 'move-leader' }>> = {
  links: () => [],
  needsLinks: false,

  async assertPossible({ db }) {
    powerOf(db);
  },

  async strike({ db, clock }, { partition }) {
    const moveLeaders = powerOf(db);
    const moves = movesIn(await db.view(), partition);
    if (moves.length === 0)
      throw new Failure('No leader can be moved: no partition has another replica in sync that is known.');
    const asked = await moveLeaders(moves).then(
      () => null,
      (error: unknown) => clause(messageOf(error)),
    );
    const { moved, timeNs, ...seen } = await untilMoved({ db, clock }, moves);
    const others = [
      ...(seen.stayed.length > 0 ? [`not moved: ${seen.stayed.map(numberOf).join(', ')}`] : []),
      ...(seen.unseen.length > 0 ? [`not observed: ${seen.unseen.map(numberOf).join(', ')}`] : []),
      ...(asked === null ? [] : [`the cluster said: ${asked}`]),
    ];
    if (moved.length === 0 && seen.unseen.length === 0)
      throw new Failure(`The leaders did not change${asked === null ? '' : ` (${asked})`}.`);
    return {
      effect: {
        timeNs,
        evidence: [...(moved.length > 0 ? [`other leaders: ${listOf(moved)}`] : []), ...others].join('; '),
        ...(moved.length === 0 && { verified: false }),
      },
      async heal() {
        const back = moved.map(({ partition: number, from, to }) => ({
          partition: number,
          from: to,
          to: from,
        }));
        if (back.length === 0) return { timeNs: clock.nowNs(), evidence: 'nothing had to be moved back' };
        try {
          await moveLeaders(back);
          const again = await untilMoved({ db, clock }, back);
          const evidence =
            again.moved.length > 0
              ? `the former leaders lead again: ${listOf(again.moved)}`
              : 'it was not observed that the former leaders lead again';
          return { timeNs: again.timeNs, evidence };
        } catch (error) {
          const why = clause(messageOf(error));
          return { timeNs: clock.nowNs(), evidence: `they stay where they are: ${why}` };
        }
      },
    };
  },

  draw: () => ({ kind: 'move-leader' }),
};

const MOVED_WITHIN_NS = 5 * NS_PER_SECOND;
const LOOK_MS = 100;

/** @throws Failure (usage) where the cluster cannot be asked for it. */
function powerOf(db: Db): (moves: readonly LeaderMove[]) => Promise<void> {
  if (db.moveLeaders === undefined)
    throw new Failure('The leaders of this cluster cannot be moved: that takes Kafka 2.4 or later.', {
      hint: 'Leave "move-leader" out of the faults, or use a newer Kafka.',
      exitStatus: EXIT.usage,
    });
  return (moves) => db.moveLeaders!(moves);
}

/** For each partition, or for this one, the replica in sync whose turn it is after its leader. */
function movesIn(view: View, only: number | undefined): LeaderMove[] {
  const known = Object.values(view.observers).flatMap((observed) => observed?.partitions ?? []);
  const partitions = [...new Set(known.map(({ partition }) => partition))].toSorted((a, b) => a - b);
  return partitions.flatMap((partition) => {
    if (only !== undefined && partition !== only) return [];
    const claim = newestClaim(view, partition);
    if (claim === null) return [];
    const { leader: from, isr } = claim;
    const others = isr.filter((id) => id !== from).toSorted((a, b) => a - b);
    const to = others.find((id) => id > from) ?? others[0];
    return to === undefined ? [] : [{ partition, from, to }];
  });
}

/** Looks until every leader has changed, for a while. Each has three answers: moved, stayed, not observed. */
async function untilMoved({ db, clock }: { db: Db; clock: Clock }, moves: readonly LeaderMove[]) {
  const deadlineNs = clock.nowNs() + MOVED_WITHIN_NS;
  for (;;) {
    const view = await db.view().catch((): View => ({ observers: {} }));
    const timeNs = clock.nowNs();
    const leaders = moves.map(({ partition }) => newestClaim(view, partition)?.leader ?? null);
    const moved = moves.flatMap((move, index) => {
      const leader = leaders[index]!;
      return leader === null || leader === move.from ? [] : [{ ...move, to: leader }];
    });
    if (moved.length === moves.length || timeNs > deadlineNs)
      return {
        timeNs,
        moved,
        stayed: moves.filter(({ from }, index) => leaders[index] === from),
        unseen: moves.filter((_, index) => leaders[index] === null),
      };
    await clock.sleep(LOOK_MS);
  }
}

const numberOf = ({ partition }: LeaderMove): number => partition;
/** As many as a line has room for. */
const LISTED_MAX = 6;

function listOf(moves: readonly LeaderMove[]): string {
  const told = moves
    .slice(0, LISTED_MAX)
    .map(({ partition, from, to }) => `partition ${partition} ${from} → ${to}`);
  const rest = moves.length - told.length;
  return `${told.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
