import { z } from 'zod';
import { between } from './between.ts';

/** Packets of some links arrive late. */
export const delaySchema = z.strictObject({
  kind: z.literal('delay').describe('packets arrive late; needs the kernel module sch_netem on the nodes'),
  ...between,
  delayMs: z.number().gt(0).max(60_000).describe('how much later a packet arrives, in each direction'),
  jitterMs: z
    .number()
    .min(0)
    .max(60_000)
    .default(0)
    .describe('by so much more or less at random, which changes the order of packets'),
});
