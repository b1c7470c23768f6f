import { z } from 'zod';
import { between } from './between.ts';

/** Packets of some links vanish at random. TCP sends them again, so connections become slow and uneven; some break. */
export const lossSchema = z.strictObject({
  kind: z.literal('loss').describe('packets vanish at random, each by itself'),
  ...between,
  percent: z.number().gt(0).lt(100).describe('how many of a hundred packets vanish in each direction'),
});
