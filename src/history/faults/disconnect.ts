import { z } from 'zod';
import { targetSchema } from './target.ts';

/** A node is taken off its network as a whole, and put back: what pulling its cable does. */
export const disconnectSchema = z.strictObject({
  kind: z
    .literal('disconnect')
    .describe(
      "Docker's own disconnect and connect: the node loses its network interface; needs --lab docker",
    ),
  target: targetSchema,
  partition: z.int().min(0).optional().describe('whose leader is meant; 0 if absent'),
});
