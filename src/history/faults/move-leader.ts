import { z } from 'zod';

/** Leaders change as an administrator changes them: no node is struck, and no link. */
export const moveLeaderSchema = z.strictObject({
  kind: z
    .literal('move-leader')
    .describe(
      'the cluster is asked to let other replicas in sync lead (a reassignment that puts them first, and a preferred election), and then to let the former ones lead again; needs Kafka 2.4',
    ),
  partition: z.int().min(0).optional().describe('whose leader is moved; those of all partitions if absent'),
});
