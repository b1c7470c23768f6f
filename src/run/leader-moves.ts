import { EXIT, Failure } from '../core/failure.ts';
import { movesLeaders } from '../db/kafka/recipes.ts';
import type { Schedule } from '../nemesis/schedule.ts';

/** @throws Failure (usage) where the schedule moves leaders, and this Kafka has no request for it. */
export function assertLeaderMoves(schedule: Schedule, version: string): void {
  if (movesLeaders(version) || !schedule.some(({ fault }) => fault.kind === 'move-leader')) return;
  throw new Failure(
    `Kafka ${version} has no request that moves leaders ("move-leader"): before 2.4 that took writing into ZooKeeper`,
    { hint: 'leave it out of the faults, or use a newer Kafka', exitStatus: EXIT.usage },
  );
}
