import { z } from 'zod';
import { delaySchema } from './faults/delay.ts';
import { disconnectSchema } from './faults/disconnect.ts';
import { lossSchema } from './faults/loss.ts';
import { moveLeaderSchema } from './faults/move-leader.ts';
import { requestsSchema } from './faults/requests.ts';
import { targetSchema } from './faults/target.ts';

/**
 * Faults as data: what to break, in which way. They stand in scenarios, are drawn from a seed, are recorded in the
 * history, and can be replayed. Who is meant is a role, resolved at the moment the fault strikes.
 */

/**
 * A role or a node's name. `leader` leads the fault's partition (0 unless it says otherwise), `controller` is the
 * active controller, `coordination` the ZooKeeper server or the KRaft controllers, `brokers` all brokers,
 * `followers` all brokers but the leader, `follower` one of them, `broker` any one broker, `minority` and `majority`
 * a random set of brokers of that size, `all` every node.
 */
export const ROLES = [
  'leader',
  'controller',
  'coordination',
  'follower',
  'followers',
  'broker',
  'brokers',
  'minority',
  'majority',
  'all',
] as const;

const processFaultSchema = z.strictObject({
  kind: z
    .enum(['kill', 'stop', 'pause', 'power-loss'])
    .describe(
      'kill: SIGKILL, what the process wrote stays with the operating system; stop: SIGTERM; pause: SIGSTOP; power-loss: the process is gone, and so is everything that had not reached the disk',
    ),
  target: targetSchema,
  partition: z.int().min(0).optional().describe('whose leader is meant; 0 if absent'),
});

const isolateSchema = z.strictObject({
  kind: z.literal('isolate'),
  target: targetSchema,
  from: z
    .enum(['cluster', 'coordination', 'brokers', 'everyone'])
    .describe(
      'cluster: the other brokers and coordination, clients still reach it; coordination: ZooKeeper or the KRaft controllers only; brokers: the other brokers only; everyone: clients too',
    ),
  direction: z
    .enum(['both', 'inbound', 'outbound'])
    .default('both')
    .describe('inbound: what is sent to the target is dropped; outbound: what the target sends is dropped'),
  partition: z.int().min(0).optional(),
});

const groupsSchema = z.strictObject({
  kind: z
    .enum(['bisect', 'bridge', 'majority-ring'])
    .describe(
      'bisect: brokers and coordination in two halves; bridge: two halves and one broker that sees both; majority-ring: every broker sees a majority, no two see the same one',
    ),
});

const partitionSchema = z.strictObject({
  kind: z.literal('partition'),
  groups: z
    .array(z.array(z.string().min(1)).min(1))
    .min(1)
    .describe(
      'lists of nodes: those of different lists lose each other, and the nodes that stand in no list are one more group; "client" may stand in a list too, and reaches everything otherwise',
    ),
});

const cutSchema = z.strictObject({
  kind: z.literal('cut'),
  from: z.string().min(1).describe('a node, or "client"'),
  to: z.string().min(1).describe('a node, or "client"'),
  direction: z
    .enum(['both', 'outbound'])
    .default('both')
    .describe('outbound: only what `from` sends to `to` is dropped'),
});

/** One fault: its kind and whom it strikes. */
export const faultSchema = z.discriminatedUnion('kind', [
  processFaultSchema,
  isolateSchema,
  groupsSchema,
  partitionSchema,
  cutSchema,
  lossSchema,
  delaySchema,
  disconnectSchema,
  moveLeaderSchema,
  requestsSchema,
]);
export type Fault = z.infer<typeof faultSchema>;
export type FaultKind = Fault['kind'];

/** A directed connection between two nodes; `client` is the place that the workers write from. */
export interface Link {
  from: string;
  to: string;
}
