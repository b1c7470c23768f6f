import { z } from 'zod';
import type { Random } from '../core/random.ts';
import { faultSchema, type Fault } from '../history/fault.ts';
import { delayFault } from './faults/delay.ts';
import { disconnectFault } from './faults/disconnect.ts';
import { lossFault } from './faults/loss.ts';
import { moveLeaderFault } from './faults/move-leader.ts';

/**
 * What the nemesis does and when, as data: written by hand in a scenario, or drawn from a seed. schedule.json holds
 * it, so that a run can be repeated.
 */
export const strikeSchema = z.strictObject({
  id: z.string().min(1).optional(),
  atMs: z.number().min(0).describe('milliseconds after the faults phase begins'),
  afterWrites: z
    .int()
    .min(0)
    .optional()
    .describe('strike only once so many writes have been attempted; atMs then counts from there'),
  fault: faultSchema,
  forMs: z.number().positive().nullable().describe('how long it stays in force; null: until the final heal'),
  aim: z
    .strictObject({
      targets: z.array(z.string()),
      links: z.array(z.strictObject({ from: z.string(), to: z.string() })),
    })
    .optional()
    .describe(
      'exactly which nodes it strikes, whichever holds the role by then: what an earlier run really did',
    ),
});
export type Strike = z.infer<typeof strikeSchema> & { id: string };
export type Schedule = readonly Strike[];

/** A script as a schedule: each strike that has no name is named by its place. */
export function scheduleOfScript(script: readonly z.infer<typeof strikeSchema>[]): Schedule {
  return script.map((strike, index) => ({ ...strike, id: strike.id ?? `fault-${index + 1}` }));
}

/** The kinds that a random schedule can mix. */
export const MIX_KINDS = [
  'kill',
  'stop',
  'pause',
  'isolate',
  'cut-from-coordination',
  'one-way',
  'bisect',
  'bridge',
  'majority-ring',
  'power-loss',
  'loss',
  'delay',
  'disconnect',
  'move-leader',
] as const;
export type MixKind = (typeof MIX_KINDS)[number];

/** Not every lab can do these, so they have to be asked for. */
const ASKED_FOR: ReadonlySet<MixKind> = new Set(['loss', 'delay', 'disconnect', 'move-leader']);
/** What a scenario drawn from a seed is mixed from. A change here changes what every seed draws. */
export const SWARM_MIX: readonly MixKind[] = MIX_KINDS.filter((kind) => !ASKED_FOR.has(kind));
/** What any lab can do; the others want disks of their own or parts of the kernel, and have to be asked for. */
export const COMMON_MIX: readonly MixKind[] = SWARM_MIX.filter((kind) => kind !== 'power-loss');
/** What other tools call these kinds. */
export const MIX_NAMES: Readonly<Record<string, MixKind>> = { flaky: 'loss', slow: 'delay' };

export const randomScheduleSchema = z.strictObject({
  mix: z.array(z.enum(MIX_KINDS)).min(1).describe('the kinds of faults; each occurs before any occurs twice'),
  meanIntervalMs: z.number().positive().describe('mean time between the end of a fault and the next one'),
  meanDurationMs: z.number().positive(),
  /** At the strike, a fault that would leave fewer than this many brokers untouched is skipped. */
  keepBrokersUp: z.int().min(0).default(1),
});
export type RandomSchedule = z.infer<typeof randomScheduleSchema>;

/**
 * Draws a schedule: faults one after another, gaps and durations exponential (durations between half and twice the
 * mean, so that each is long enough to be felt and none eats the run). The kinds come in shuffled rounds, so that a
 * short run still has some of each.
 */
export function drawSchedule(settings: RandomSchedule, durationMs: number, random: Random): Schedule {
  const strikes: Strike[] = [];
  let round: MixKind[] = [];
  let atMs = random.exponential(settings.meanIntervalMs) / 2;
  for (let number = 1; ; number++) {
    const drawn = random.exponential(settings.meanDurationMs);
    const forMs = Math.round(
      Math.min(Math.max(drawn, settings.meanDurationMs / 2), settings.meanDurationMs * 2),
    );
    if (round.length === 0) round = random.shuffle(settings.mix);
    const fault = drawFault(round.pop()!, random);
    if (atMs + forMs > durationMs) return strikes;
    strikes.push({ id: `fault-${number}`, atMs: Math.round(atMs), fault, forMs });
    atMs += forMs + random.exponential(settings.meanIntervalMs);
  }
}

/** Leaders are struck more often than others: what happens to them decides what is kept. */
function drawFault(kind: MixKind, random: Random): Fault {
  const target = random.float() < 0.7 ? 'leader' : random.pick(['follower', 'controller', 'broker']);
  switch (kind) {
    case 'kill':
    case 'stop':
    case 'pause':
    case 'power-loss':
      return { kind, target };
    case 'isolate':
      return {
        kind,
        target,
        from: random.pick(['cluster', 'cluster', 'everyone', 'brokers']),
        direction: 'both',
      };
    case 'cut-from-coordination':
      return { kind: 'isolate', target: 'leader', from: 'coordination', direction: 'both' };
    case 'one-way':
      return { kind: 'isolate', target, from: 'cluster', direction: random.pick(['inbound', 'outbound']) };
    case 'bisect':
    case 'bridge':
    case 'majority-ring':
      return { kind };
    case 'loss':
      return lossFault.draw(random, target);
    case 'delay':
      return delayFault.draw(random, target);
    case 'disconnect':
      return disconnectFault.draw(random, target);
    case 'move-leader':
      return moveLeaderFault.draw(random, target);
  }
}
