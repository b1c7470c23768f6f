import type { Reach } from '../control/docker/reach.ts';
import { EXIT, Failure } from '../core/failure.ts';
import type { Schedule } from '../nemesis/schedule.ts';
import type { LabKind } from '../world/plan.ts';

const HINT = 'isolate the node from everyone instead';

/**
 * Taking a node off its network is what a Docker daemon does.
 * @param where the kind of lab, or `given` for a cluster that is there already.
 * @throws Failure (usage) where the schedule wants it and it cannot be done.
 */
export function assertDisconnects(schedule: Schedule, where: LabKind | 'given', reach?: Reach): void {
  if (!schedule.some(({ fault }) => fault.kind === 'disconnect')) return;
  if (where !== 'docker')
    throw new Failure(
      `The fault "disconnect" is done by the Docker daemon that has made the nodes, and ${where === 'given' ? 'kept has not made these' : 'this lab has none'}`,
      {
        hint: where === 'given' ? HINT : `use --lab docker, or ${HINT}`,
        exitStatus: EXIT.usage,
      },
    );
  if (reach !== 'published') return;
  throw new Failure(
    'The fault "disconnect" is not possible with published ports: the daemon takes them back with it, and gives others later',
    { hint: `use --docker-reach direct, or ${HINT}`, exitStatus: EXIT.usage },
  );
}
