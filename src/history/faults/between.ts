import { z } from 'zod';
import { targetSchema } from './target.ts';

/** The links that a fault of links strikes: those between its target and its peers. */
export const PEER_GROUPS = ['cluster', 'coordination', 'brokers', 'everyone'] as const;

export const between = {
  target: targetSchema,
  peers: z
    .string()
    .min(1)
    .default('cluster')
    .describe(
      'the other end of the links: cluster (the other brokers and coordination), coordination, brokers, everyone (clients too), one node by name, or "client"',
    ),
  direction: z
    .enum(['both', 'inbound', 'outbound'])
    .default('both')
    .describe('inbound: only what is sent to the target; outbound: only what the target sends'),
  partition: z.int().min(0).optional().describe('whose leader is meant; 0 if absent'),
};
