import { z } from 'zod';
import type { Event } from '../../../history/event.ts';
import type { Damage, RunInfo } from '../../../history/run.ts';
import { INTEGRITIES, OUTCOMES } from '../../../history/write.ts';

/**
 * What is known after some segments of one log: the rows and events that may still matter, and of the others how many they
 * were and where. Plain JSON.
 */

const whole = z.number().int();
const ranges = z.array(whole);

const writeSchema = z.strictObject({
  worker: whole,
  seq: whole,
  partition: whole,
  intendedNs: z.number(),
  invokeNs: z.number(),
  completeNs: z.number().nullable(),
  outcome: z.enum(OUTCOMES),
  error: z.string().nullable(),
  offset: whole.nullable(),
  attempts: whole,
  broker: whole.nullable(),
});

const readSchema = z.strictObject({
  scan: whole,
  partition: whole,
  offset: whole,
  worker: whole.nullable(),
  seq: whole.nullable(),
  timeNs: z.number(),
  integrity: z.enum(INTEGRITIES),
});

const events = z.array(z.looseObject({ type: z.string() })) as unknown as z.ZodType<Event[]>;

export const logStateSchema = z.strictObject({
  version: z.literal(1),
  /** How many were examined, and the digest of the last one, so that none is examined twice in a row. */
  segments: whole.min(0),
  last: z.string().nullable(),
  info: z.looseObject({ version: z.literal([1, 2]), run: z.string() }) as unknown as z.ZodType<RunInfo>,
  /** Of the segments since the log was last found in order (see `close-settled.ts`). */
  writes: z.array(writeSchema),
  reads: z.array(readSchema),
  events,
  /** Of segments in which something was found: what was lost may turn up, and its causes are to be told in the end. */
  held: z.strictObject({ writes: z.array(writeSchema), reads: z.array(readSchema), events }),
  damage: z.array(
    z.strictObject({
      file: z.string(),
      kind: z.enum(['torn', 'corrupt', 'missing']),
      detail: z.string(),
      rows: z.enum(['writes', 'reads', 'events', 'all']).optional(),
    }),
  ) as unknown as z.ZodType<Damage[]>,
  /** Rows that were left out: each a write that was found, and what readers were given of it. */
  leftOut: z.strictObject({
    /** Acknowledged ones. */
    writes: whole.min(0),
    others: z.strictObject({ info: whole.min(0), sent: whole.min(0) }),
    faults: z.strictObject({
      struck: whole.min(0),
      unverified: whole.min(0),
      failed: whole.min(0),
      skipped: whole.min(0),
      tested: z.boolean(),
    }),
    /** By partition: its offsets. */
    offsets: z.array(z.strictObject({ partition: whole, ranges })),
    /** By worker: its seqs. */
    values: z.array(z.strictObject({ worker: whole, ranges })),
  }),
  /** By partition: up to where a settled scan has read it, and when that scan began. */
  settled: z.array(z.strictObject({ partition: whole, end: whole, invokeNs: z.number() })),
  /** Rows that came too late to be held against what was left out. */
  late: whole.min(0),
});
export type LogState = z.infer<typeof logStateSchema>;
