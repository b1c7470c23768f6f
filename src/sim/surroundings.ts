import type { VirtualClock } from '../core/virtual-clock.ts';
import type { Random } from '../core/random.ts';
import type { Coordination } from './coordination.ts';
import type { ModelOptions } from './model.ts';
import type { Network } from './network.ts';
import type { Peer } from './peer.ts';
import type { Records } from './records.ts';

/** What the parts of a modelled cluster know of each other. */
export interface Surroundings {
  readonly options: ModelOptions;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly network: Network;
  readonly records: Records;
  readonly brokers: Peer[];
  coordination: Coordination;
  /** How many producers have got an id so far. */
  producers: number;
  /** How many members of groups have got a name so far. */
  groupMembers: number;
}

/** Timers of brokers and clients are looked at so often. */
export const TICK_NS = 100e6;
