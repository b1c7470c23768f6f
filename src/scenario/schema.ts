import { z } from 'zod';
import { CLIENT_LIBRARIES } from '../history/client-info.ts';
import { randomScheduleSchema, strikeSchema } from '../nemesis/schedule.ts';
import { transactionTimeoutMsSchema } from './transaction-timeout.ts';
import { groupSchema } from './group-schema.ts';

/**
 * A scenario: everything about a run that does not depend on the machine. One schema is the type, the validation
 * and the documentation; a JSON file of this shape can be run with `kept run FILE.json`.
 */
const transactionsSchema = z.strictObject({
  requestsPerTransaction: z
    .int()
    .min(1)
    .max(100_000)
    .default(4)
    .describe('produce requests between the begin and the end of one transaction'),
  abortShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.25)
    .describe(
      'so many of the transactions are aborted, evenly spread; and each in which a write was not acknowledged',
    ),
  timeoutMs: transactionTimeoutMsSchema,
  version: z
    .union([z.literal(1), z.literal(2)])
    .optional()
    .describe(
      "transaction.version as kept's own driver speaks it: 2 (KIP-890, part 2) where the brokers have it, if absent, else 1",
    ),
  retryEnd: z
    .boolean()
    .default(true)
    .describe(
      'an end without an answer is asked for again on a new connection, as the Java client does; false: it is left unknown, and the next transaction begins with a new epoch',
    ),
  instances: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe(
      'so many workers have one transactional id between them, as instances of one application, of which only the one that came last may write',
    ),
  keepProducer: z
    .boolean()
    .default(false)
    .describe(
      'the next transaction begins with the same epoch although a write had no answer, as clients do that know no other way',
    ),
});

const producerSchema = z
  .strictObject({
    acks: z.union([z.literal(0), z.literal(1), z.literal('all')]).default('all'),
    idempotence: z.boolean().default(false),
    retries: z
      .int()
      .min(0)
      .default(0)
      .describe(
        '0: one request, one verdict. More: the client library retries by itself, as an application would',
      ),
    requestTimeoutMs: z.int().positive().default(3_000).describe('how long the client waits for an answer'),
    produceTimeoutMs: z
      .int()
      .positive()
      .default(1_500)
      .describe('how long the broker waits for its followers'),
    transactions: transactionsSchema
      .optional()
      .describe('present: each worker writes in transactions, one after the other, under an id of its own'),
  })
  .prefault({});

const clientSchema = z.strictObject({
  library: z
    .enum(CLIENT_LIBRARIES)
    .describe(
      'kept: its own driver, one raw request and one verdict for each write; kafkajs, platformatic, librdkafka, java: as an application uses it; command: a program that speaks the protocol of docs/clients.md',
    ),
  version: z
    .string()
    .regex(/^\d+(\.\d+)+(-[\w.]+)?$/, 'a version such as 3.9.1')
    .optional()
    .describe('of the library; what is installed, if absent'),
  command: z.array(z.string()).min(1).optional().describe('for "command": the program and its arguments'),
  settings: z
    .record(z.string(), z.string())
    .default({})
    .describe("settings in the library's own words, such as linger.ms; they win over what kept sets"),
});

const workerNumber = z.int().min(0).max(999);
const stepSchema = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('begin'),
    worker: workerNumber,
    newInstance: z
      .boolean()
      .default(false)
      .describe(
        'as an instance of the application that has just started: with a new producer, which fences all earlier ones of its transactional id',
      ),
  }),
  z.strictObject({ do: z.enum(['commit', 'abort']), worker: workerNumber }),
  z.strictObject({
    do: z.literal('write'),
    worker: workerNumber,
    partition: z.int().min(0).default(0),
    records: z.int().min(1).max(10_000).default(1),
    key: z
      .string()
      .regex(/^(?:[\da-f]{2})*$/, 'hexadecimal digits, two for each byte')
      .optional()
      .describe("of each record, for kept's own driver"),
    wait: z.boolean().default(true).describe('false: the next step begins before it is answered'),
  }),
  z.strictObject({
    do: z.literal('send'),
    worker: workerNumber,
    partitions: z
      .array(z.int().min(0).nullable())
      .min(1)
      .max(1_000)
      .describe(
        'one call of the client library with so many records: where each goes; null: the library chooses',
      ),
  }),
  z.strictObject({ do: z.literal('pause'), worker: workerNumber, forMs: z.int().min(1) }),
]);

const loadSchema = z
  .strictObject({
    workers: z.int().min(1).max(1_000).default(8),
    ratePerSecond: z
      .number()
      .positive()
      .nullable()
      .default(1_000)
      .describe('writes per second of all workers together (open loop); null: full speed (closed loop)'),
    inFlight: z.int().min(1).max(10_000).default(4).describe('requests that one worker may have outstanding'),
    recordsPerRequest: z
      .int()
      .min(1)
      .max(10_000)
      .default(1)
      .describe(
        'writes that go out in one produce request, to one partition; each has the verdict of its request',
      ),
    recordBytes: z.int().min(1).max(1_000_000).default(128),
    count: z.int().positive().optional().describe('stop after so many writes, however long it takes'),
    hosts: z
      .union([z.int().min(1).max(100), z.array(z.string().min(1)).min(1).max(100)])
      .optional()
      .describe(
        'where the workers live, if not on this machine: so many hosts of the lab (netns, docker), or hosts behind SSH by name',
      ),
    bursts: z
      .strictObject({
        everyMs: z.int().positive(),
        forMs: z.int().positive().describe('of each such time only the first so many milliseconds have load'),
      })
      .optional()
      .describe('the same number of writes, but with pauses between them'),
    script: z
      .array(stepSchema)
      .min(1)
      .max(10_000)
      .optional()
      .describe('what the workers do, one step after the other, in the place of a rate; inFlight must be 1'),
  })
  .prefault({});

const topicSchema = z
  .strictObject({
    partitions: z.int().min(1).max(1_000).default(1),
    replicationFactor: z.int().min(1).default(3),
    minInsyncReplicas: z.int().min(1).default(1),
    uncleanLeaderElection: z.boolean().default(false),
    compact: z
      .boolean()
      .default(false)
      .describe(
        'the topic is compacted (cleanup.policy=compact, with small segments that are cleaned at once), and each record has a key of its own: so compaction rewrites the log, and may remove nothing',
      ),
  })
  .prefault({});

const phasesSchema = z
  .strictObject({
    warmUpMs: z.int().min(0).default(3_000),
    faultsMs: z.int().min(0).default(12_000),
    recoveryMs: z.int().min(0).default(5_000).describe('load goes on so long after the final heal'),
  })
  .prefault({});

/** What makes a scenario a soak: many periods on one cluster, each as long as its phases, each with a topic of its own. */
const soakSchema = z.strictObject({
  durationMs: z.int().min(1).nullable().default(null).describe('in all; null: until it is stopped'),
  liveWithinMs: z
    .int()
    .positive()
    .default(30_000)
    .describe('so soon after the last heal writes must be acknowledged again, or the period is called stuck'),
  quietShare: z.number().min(0).max(1).default(0.25).describe('of the periods so many have no faults at all'),
});

/** How fast failures are noticed. `original`: the settings of the 2018 experiments. */
export const DETECTION_TIMEOUTS = {
  short: {
    zookeeperSessionTimeoutMs: 3_000,
    // Not shortened: a leader that is cut off would stop serving when it tries to drop its followers from the ISR.
    replicaLagTimeMaxMs: 10_000,
    brokerSessionTimeoutMs: 3_000,
    brokerHeartbeatIntervalMs: 500,
  },
  original: {
    zookeeperSessionTimeoutMs: 6_000,
    replicaLagTimeMaxMs: 10_000,
    brokerSessionTimeoutMs: 9_000,
    brokerHeartbeatIntervalMs: 2_000,
  },
} as const;

export const scenarioSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'a name has lower-case letters, digits and dashes')
    .default('unnamed'),
  title: z.string().default('').describe('what is run, in a line; described if empty'),
  description: z.string().default(''),
  brokers: z.int().min(1).max(9).default(3),
  kraftMode: z
    .enum(['kraft-combined', 'kraft-separate'])
    .default('kraft-combined')
    .describe('how to lay the cluster out where Kafka runs without ZooKeeper'),
  nodes: z
    .array(z.string().min(1))
    .optional()
    .describe('hosts for --lab ssh: user@host:port, or an alias of ~/.ssh/config'),
  detection: z.enum(['short', 'original']).default('short'),
  topic: topicSchema,
  producer: producerSchema,
  client: clientSchema
    .optional()
    .describe("what writes; if absent kept's own driver, or kafkajs where producer.retries is above 0"),
  load: loadSchema,
  phases: phasesSchema,
  consumers: z
    .int()
    .min(0)
    .max(100)
    .default(0)
    .describe('readers that follow every partition from its beginning while the run goes on'),
  consumer: clientSchema
    .extend({
      isolation: z.enum(['read_committed', 'read_uncommitted']).default('read_committed'),
      when: z
        .enum(['meanwhile', 'afterwards'])
        .default('meanwhile')
        .describe('afterwards: they begin when the load is over, and find everything there at once'),
    })
    .optional()
    .describe("what the consumers are; kept's own reader, which hides nothing, if absent"),
  group: groupSchema
    .optional()
    .describe('present: what `consumer` names are the members of a consumer group, and `consumers` is 0'),
  requestLog: z
    .boolean()
    .default(false)
    .describe(
      'for a load that is written out: the clients go through a proxy, which notes in the history what the brokers answer to each Produce request, and what that bore',
    ),
  dense: z
    .boolean()
    .default(false)
    .describe(
      'every offset must hold a record: to be set where no transactions and no compaction leave gaps in the log',
    ),
  brokerSettings: z.record(z.string(), z.string()).default({}).describe('extra lines of server.properties'),
  nemesis: z
    .union([
      z.strictObject({ script: z.array(strikeSchema), keepBrokersUp: z.int().min(0).default(0) }),
      z.strictObject({ random: randomScheduleSchema }),
    ])
    .default({ script: [], keepBrokersUp: 0 }),
  soak: soakSchema.optional().describe('present: a soak, of periods that are drawn from the seed'),
  expect: z
    .enum(['loss', 'no-loss', 'any'])
    .default('any')
    .describe('what `kept suite` holds the outcome against'),
});

export type Scenario = z.infer<typeof scenarioSchema>;
/** A scenario as people write it: everything has a default. */
export type ScenarioInput = z.input<typeof scenarioSchema>;
