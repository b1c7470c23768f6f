import { z } from 'zod';
import { KAFKA_APIS, type KafkaApi } from '../../core/kafka-apis.ts';
import { targetSchema } from './target.ts';

const API_NAMES = Object.keys(KAFKA_APIS) as [KafkaApi, ...KafkaApi[]];

/** Single requests of clients, or the answers to them, are delayed, lost, repeated and so on, on their way through a proxy. */
export const requestsSchema = z
  .strictObject({
    kind: z
      .literal('requests')
      .describe(
        'single requests of clients, or the answers to them, as a proxy of kept’s own can tell them apart',
      ),
    do: z
      .enum(['delay', 'hold', 'drop', 'duplicate', 'reorder', 'reset', 'throttle'])
      .describe(
        'delay: by delayMs; hold: until a later request of the same client is answered on another connection, and delayMs more; drop: it vanishes; duplicate: it comes twice; reorder: the next one on its connection passes it, if one comes within delayMs; reset: its connection breaks in its place; throttle: to bytesPerSecond',
      ),
    api: z
      .enum([...API_NAMES, 'any'])
      .describe('which requests, by their name in Kafka’s protocol: Produce, EndTxn, …; or any'),
    message: z
      .enum(['request', 'answer'])
      .default('request')
      .describe('whether the request itself is struck, or the answer to it'),
    from: z
      .union([z.enum(['workers', 'readers', 'anyone']), z.array(z.int().min(0)).min(1)])
      .default('workers')
      .describe('whose requests: workers, readers, anyone, or the numbers of some workers'),
    target: targetSchema.default('brokers'),
    partition: z.int().min(0).optional().describe('whose leader is meant; 0 if absent'),
    skip: z.int().min(0).default(0).describe('so many of each client pass before the first is struck'),
    every: z.int().min(1).default(1).describe('of those behind, every so-manieth of each client is struck'),
    times: z
      .int()
      .min(1)
      .optional()
      .describe('no more than so many of each client are struck; all if absent'),
    delayMs: z.number().min(0).max(3_600_000).optional(),
    until: z
      .enum(API_NAMES)
      .optional()
      .describe('hold: the request whose answer it waits for; one like itself if absent'),
    bytesPerSecond: z
      .number()
      .min(1)
      .optional()
      .describe('throttle: how fast each direction of a connection is'),
  })
  .superRefine((fault, context) => {
    const needs = (field: 'delayMs' | 'bytesPerSecond') => {
      if (fault[field] !== undefined) return;
      context.addIssue({ code: 'custom', path: [field], message: `is needed to ${fault.do} requests` });
    };
    if (fault.do === 'delay') needs('delayMs');
    if (fault.do === 'throttle') needs('bytesPerSecond');
    if (fault.until !== undefined && fault.do !== 'hold')
      context.addIssue({
        code: 'custom',
        path: ['until'],
        message: `only what is held waits for an answer, and this is to ${fault.do}`,
      });
  });
