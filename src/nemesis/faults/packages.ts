import type { OwnKind } from '../../history/faults/words.ts';
import type { Fault } from '../../history/fault.ts';
import { delayFault } from './delay.ts';
import { disconnectFault } from './disconnect.ts';
import type { FaultPackage } from './fault-package.ts';
import { lossFault } from './loss.ts';
import { moveLeaderFault } from './move-leader.ts';
import { requestsFault } from './requests.ts';

/** The kinds of faults that are packages of their own. */
const PACKAGES: { [K in OwnKind]: FaultPackage<Extract<Fault, { kind: K }>> } = {
  loss: lossFault,
  delay: delayFault,
  disconnect: disconnectFault,
  'move-leader': moveLeaderFault,
  requests: requestsFault,
};

/** The package of this fault's kind; null where it has none. */
export function packageOf(fault: Fault): FaultPackage<Fault> | null {
  return Object.hasOwn(PACKAGES, fault.kind) ? PACKAGES[fault.kind as OwnKind] : null;
}
