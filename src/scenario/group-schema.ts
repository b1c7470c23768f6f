import { z } from 'zod';
import { COMMIT_WAYS, GROUP_PROTOCOLS } from '../history/group.ts';
import { transactionTimeoutMsSchema } from './transaction-timeout.ts';

/** What is done to the members of a group while the load goes on. */
export const CHURN_KINDS = ['kill', 'pause', 'leave'] as const;
export type ChurnKind = (typeof CHURN_KINDS)[number];

const churnSchema = z.strictObject({
  mix: z
    .array(z.enum(CHURN_KINDS))
    .min(1)
    .default([...CHURN_KINDS])
    .describe(
      'kill: its process is killed; pause: it is stopped for longer than its session may last, and goes on where it was; leave: it is closed. After kill and leave another one joins in its place',
    ),
  meanIntervalMs: z.int().min(100).default(6_000).describe('mean time between two of them, of all members'),
  meanAwayMs: z.int().min(0).default(3_000).describe('mean time until another one joins'),
});

const copyingSchema = z.strictObject({
  timeoutMs: transactionTimeoutMsSchema,
  version: z
    .union([z.literal(1), z.literal(2)])
    .optional()
    .describe(
      'transaction.version as the library of the members has it with these brokers; found out if absent',
    ),
});

/** A consumer group that reads the topic while the run goes on. Each member is a program of its own. */
export const groupSchema = z.strictObject({
  members: z.int().min(1).max(50).default(3),
  protocol: z
    .enum(GROUP_PROTOCOLS)
    .default('classic')
    .describe('classic: with generations; consumer: KIP-848, Kafka 4.0 and newer'),
  commit: z
    .enum(COMMIT_WAYS)
    .default('manual')
    .describe(
      'manual: a member commits what kept has recorded; automatic: its library commits by itself, and less can be said; transaction: it copies what it is handed from partition p of the first half of the topic to partition p of the second, in the transaction that commits the offsets',
    ),
  staticMembership: z
    .boolean()
    .default(false)
    .describe('members have names that outlive them (group.instance.id, KIP-345)'),
  sessionTimeoutMs: z
    .int()
    .min(1_000)
    .max(600_000)
    .default(6_000)
    .describe(
      'after so long without a heartbeat a member is gone; the brokers of a lab are told, too, where the protocol is theirs to say it',
    ),
  transactions: copyingSchema.prefault({}).describe('of members that commit in transactions'),
  churn: churnSchema.nullable().prefault({}).describe('null: the members are left alone'),
});
export type GroupScenario = z.infer<typeof groupSchema>;
