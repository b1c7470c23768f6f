import type { MixKind } from '../nemesis/schedule.ts';

/**
 * How many brokers each kind of fault takes. With fewer than `needed` there is no other side, or nothing that
 * could be cut. A single broker may be isolated too, from controllers of its own or from its clients; but where faults are
 * drawn, that is drawn only with `drawn` brokers, since it does no more than stopping the only one.
 */
const BROKERS: Record<MixKind, { needed: number; drawn: number }> = {
  kill: { needed: 1, drawn: 1 },
  stop: { needed: 1, drawn: 1 },
  pause: { needed: 1, drawn: 1 },
  isolate: { needed: 1, drawn: 2 },
  'cut-from-coordination': { needed: 1, drawn: 2 },
  'one-way': { needed: 1, drawn: 2 },
  bisect: { needed: 2, drawn: 2 },
  bridge: { needed: 3, drawn: 3 },
  'majority-ring': { needed: 3, drawn: 3 },
  'power-loss': { needed: 1, drawn: 1 },
  loss: { needed: 1, drawn: 2 },
  delay: { needed: 1, drawn: 2 },
  disconnect: { needed: 1, drawn: 2 },
  'move-leader': { needed: 2, drawn: 2 },
};

/** How many brokers a kind of fault needs; a kind that no mix has needs one. */
export function brokersNeeded(kind: string): number {
  return Object.hasOwn(BROKERS, kind) ? BROKERS[kind as MixKind].needed : 1;
}

/** How many there must be for it to be drawn from a seed. A change here changes what every seed draws. */
export function brokersToDraw(kind: MixKind): number {
  return BROKERS[kind].drawn;
}
