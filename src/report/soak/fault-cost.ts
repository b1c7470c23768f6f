import type { Availability } from '../figures/availability.ts';
import { addFigure, addSpread, noSpread, type RoughSpread } from './rough-spread.ts';

/** What some faults together cost, in bounded memory for any number of them. */
export interface FaultCost {
  /** Those of which there are figures. */
  faults: number;
  /** How long they were in force, all of them together. */
  lengthNs: number;
  /** For how long of that something was under way and nothing was acknowledged. */
  unavailableNs: number;
  /** From a strike to the first acknowledgement of a write begun after it, in ms. */
  firstAckMs: RoughSpread;
  /** Faults after which no write that was begun later was acknowledged. */
  neverAcked: number;
  /** The 99th percentile of the latency in the calm before each strike, and while each fault lasted; of faults with both. */
  p99BeforeMs: RoughSpread;
  p99DuringMs: RoughSpread;
}

export function noCost(): FaultCost {
  return {
    faults: 0,
    lengthNs: 0,
    unavailableNs: 0,
    firstAckMs: noSpread(),
    neverAcked: 0,
    p99BeforeMs: noSpread(),
    p99DuringMs: noSpread(),
  };
}

/** What one fault cost, as its run's figures tell it. */
export interface OneCost {
  stretch: Availability['faults'][number];
  unavailableNs: number;
  firstAckAfterNs: number | null;
}

export function addOne(cost: FaultCost, { stretch, unavailableNs, firstAckAfterNs }: OneCost): void {
  cost.faults++;
  cost.lengthNs += stretch.toNs - stretch.fromNs;
  cost.unavailableNs += unavailableNs;
  if (firstAckAfterNs === null) cost.neverAcked++;
  else addFigure(cost.firstAckMs, firstAckAfterNs / 1e6);
  if (stretch.before === null || stretch.latency === null) return;
  addFigure(cost.p99BeforeMs, stretch.before.p99Ms);
  addFigure(cost.p99DuringMs, stretch.latency.p99Ms);
}

export function addCost(cost: FaultCost, other: FaultCost): void {
  cost.faults += other.faults;
  cost.lengthNs += other.lengthNs;
  cost.unavailableNs += other.unavailableNs;
  cost.neverAcked += other.neverAcked;
  addSpread(cost.firstAckMs, other.firstAckMs);
  addSpread(cost.p99BeforeMs, other.p99BeforeMs);
  addSpread(cost.p99DuringMs, other.p99DuringMs);
}
