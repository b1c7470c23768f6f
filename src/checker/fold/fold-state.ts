import { z } from 'zod';
import { SETTINGS, type Contract } from '../../history/run.ts';
import { FINDING_KINDS, type Counts } from '../result.ts';

/**
 * What is known after some segments of a history were judged, as plain JSON: it is written to disk after each of them,
 * and read again to go on. Its size depends on how many kinds of findings and doubts there are, and never on how many
 * segments: of what is the same there is a count, the numbers of the first few segments and the first few examples.
 */

const count = z.number().int().min(0);
const range = z.tuple([z.number(), z.number()]);

const COUNT_NAMES = ['attempted', 'ok', 'sent', 'fail', 'info', 'found', 'info-found', ...FINDING_KINDS];

/** Of what is known of several segments. */
const seenInSchema = z.strictObject({
  /** In how many of them. */
  segments: count,
  /** The lowest of their numbers. */
  first: z.array(z.number().int()),
});
export type SeenIn = z.infer<typeof seenInSchema>;

/** A finding as a segment told it. Offsets and times are those of this segment. */
const placeSchema = z.strictObject({
  segment: z.number().int(),
  partition: z.number().int(),
  count,
  values: z.string(),
  offsets: range.optional(),
  timeNs: range.optional(),
  leader: z.strictObject({ node: z.string(), id: z.number(), epoch: z.number().nullable() }).optional(),
  faults: z.array(z.string()).optional(),
  scans: z.number().optional(),
  reader: z.string().optional(),
  endedBy: z.string().optional(),
  examples: z.array(
    z.strictObject({
      value: z.string(),
      ackedOffset: z.number().nullish(),
      foundOffsets: z.array(z.number()).optional(),
      ackedNs: z.number().optional(),
      broker: z.number().nullish(),
      detail: z.string().optional(),
    }),
  ),
});
export type Place = z.infer<typeof placeSchema>;

/** All findings of one kind that are judged alike for one reason, in whatever segments and partitions. */
const groupSchema = z.strictObject({
  kind: z.enum(FINDING_KINDS),
  loss: z.enum(['truncated', 'hole']).optional(),
  judgement: z.enum(['permitted', 'violation']),
  blame: z.enum(['broker', 'client', 'unknown']),
  /** As the first segment that has it says it; null: findings for many reasons, which are not told one by one. */
  reason: z.string().nullable(),
  /** Of anomalies. */
  count,
  seenIn: seenInSchema,
  /** The first few. */
  places: z.array(placeSchema),
});
export type FoldedFinding = z.infer<typeof groupSchema>;

/** Why something is open. `because` is null for many different ones, which are not told one by one. */
const doubtSchema = z.strictObject({ because: z.string().nullable(), seenIn: seenInSchema });
export type FoldedDoubt = z.infer<typeof doubtSchema>;

export const foldStateSchema = z.strictObject({
  version: z.literal(1),
  run: z.string(),
  claim: z.enum(['kept', 'contract']),
  contract: z.strictObject({
    acks: z.union([z.literal(0), z.literal(1), z.literal('all')]),
    minInsyncReplicas: z.number(),
    replicationFactor: z.number(),
    uncleanLeaderElection: z.boolean(),
    idempotence: z.boolean(),
    clientRetries: z.boolean(),
    flushMessages: z.number().optional(),
    assumed: z.array(z.enum(SETTINGS)).optional(),
  }) as unknown as z.ZodType<Contract>,
  /** How many there were of each verdict; `untested` are those that could not be judged. */
  segments: z.strictObject({ valid: count, invalid: count, inconclusive: count, untested: count }),
  counts: z.record(z.string(), count).refine((counts) => COUNT_NAMES.every((name) => name in counts), {
    message: `a count is missing of: ${COUNT_NAMES.join(', ')}`,
  }) as unknown as z.ZodType<Counts>,
  findings: z.array(groupSchema),
  doubts: z.array(doubtSchema),
});
export type FoldState = z.infer<typeof foldStateSchema>;

/** Of nothing at all. */
export function emptyCounts(): Counts {
  return Object.fromEntries(COUNT_NAMES.map((name) => [name, 0])) as unknown as Counts;
}
