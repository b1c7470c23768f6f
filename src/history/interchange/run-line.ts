import { z } from 'zod';
import { OLD_MODES, inTodaysWords, retriesInOldWords } from '../old-words.ts';
import { type Contract, type RunInfo, SETTINGS } from '../run.ts';
import { groupInfoOf } from './group-lines.ts';
import type { CopiesInfo, TransactionsInfo } from '../transaction.ts';
import type { LineCounts } from './line-counts.ts';
import { choiceOf, type Fields, flagOf, LineProblem, othersThan, shown, textOf, wholeOf } from './fields.ts';

/**
 * The line that says what ran. The format asks for little of it; everything else that run.json knows travels in the
 * field `kept`. Without the line a file is still a history: of a producer with acks=all.
 */
export interface RunLine {
  /** What the line says; whole where this program wrote it, else to be laid over the defaults. */
  info: Partial<RunInfo>;
  contract: Partial<Contract>;
  /** The numbers that named scans had. */
  scans: [name: string, number: number][];
  /** How many other lines the file must hold; null where the line does not say. */
  lines: (LineCounts & { counts?: number | undefined }) | null;
}

const FIELDS = new Set([
  'type',
  'version',
  'run',
  'acks',
  'clientRetries',
  'workerIsSession',
  'mode',
  'dense',
  'minInsyncReplicas',
  'replicationFactor',
  'uncleanLeaderElection',
  'idempotence',
  'transactions',
  'group',
  'copies',
  'kept',
]);

const ownInfo = z.looseObject({
  version: z.literal([1, 2]),
  run: z.string(),
  status: z.enum(['running', 'complete', 'interrupted', 'failed']),
  failure: z.string().optional(),
  world: z.enum(['real', 'simulated', 'imported']),
  seed: z.number(),
  scenario: z.looseObject({ name: z.string(), title: z.string() }),
  contract: z.looseObject({
    acks: z.literal([0, 1, 'all']),
    minInsyncReplicas: z.int(),
    replicationFactor: z.int(),
    uncleanLeaderElection: z.boolean(),
    idempotence: z.boolean(),
    clientRetries: z.boolean(),
    flushMessages: z.int().optional(),
    assumed: z.array(z.enum(SETTINGS)).optional(),
  }),
  topic: z.string(),
  partitions: z.int().min(0),
  nodes: z.array(
    z.looseObject({
      name: z.string(),
      id: z.int().nullable(),
      roles: z.array(z.enum(['broker', 'controller', 'zookeeper'])),
      address: z.string(),
    }),
  ),
  workers: z.int().min(0),
  versions: z.looseObject({ kept: z.string() }),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  leadershipFrom: z.literal('metadata').optional(),
  workerIsSession: z.boolean().optional(),
  unjudged: z.array(z.string()).optional(),
  extra: z.record(z.string(), z.unknown()).optional(),
  damage: z
    .array(
      z.strictObject({
        file: z.string(),
        kind: z.enum(['torn', 'corrupt', 'missing']),
        detail: z.string(),
        rows: z.enum(['writes', 'reads', 'events', 'all']).optional(),
      }),
    )
    .optional(),
});
const count = z.int().min(0);
const own = z.strictObject({
  info: z.preprocess(inTodaysWords, ownInfo),
  scans: z.array(z.tuple([z.string(), count])),
  lines: z.strictObject({ writes: count, reads: count, events: count, counts: count.optional() }).optional(),
});

export function parseRunLine(fields: Fields): RunLine {
  if (fields['version'] !== 1 && fields['version'] !== 2) {
    throw new LineProblem(
      `"version" must be 1, or 2 of a history with transactions, not ${shown(fields['version'])}`,
    );
  }
  const transactions = transactionsOf(fields);
  const group = groupInfoOf(fields);
  const copies = copiesOf(fields);
  const parsed = own.safeParse(fields['kept']);
  if (fields['kept'] !== undefined && !parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new LineProblem(
      `"kept" is not what an export of this program writes there: ${['kept', ...issue.path].join('.')}: ${issue.message}`,
    );
  }
  const { kafka } = fields;
  // Another tool's field of this name need not be a version.
  const saysVersion = typeof kafka === 'string';
  const extra = othersThan(saysVersion ? new Set([...FIELDS, 'kafka']) : FIELDS, fields);
  const known = parsed.success ? inTodaysWords((fields['kept'] as { info: RunInfo }).info) : null;
  return {
    info: {
      ...known,
      ...(fields['run'] !== undefined && { run: textOf(fields, 'run') }),
      ...(flagOf(fields, 'dense') && { dense: true }),
      ...(fields['workerIsSession'] !== undefined && { workerIsSession: flagOf(fields, 'workerIsSession') }),
      ...(saysVersion && { versions: { ...(known?.versions ?? { kept: '0' }), kafka } }),
      ...(transactions !== null && { transactions }),
      ...(group !== null && { group }),
      ...(copies !== null && { copies }),
      ...(extra !== null && { extra }),
    },
    contract: laidOver(known?.contract, contractOf(fields)),
    scans: parsed.success ? parsed.data.scans : [],
    lines: (parsed.success ? parsed.data.lines : null) ?? null,
  };
}

function contractOf(fields: Fields): Partial<Contract> {
  const contract: Partial<Contract> = {};
  if (fields['acks'] !== undefined) contract.acks = choiceOf(fields, 'acks', [0, 1, 'all'] as const);
  const clientRetries = clientRetriesOf(fields);
  if (clientRetries !== null) contract.clientRetries = clientRetries;
  for (const name of ['minInsyncReplicas', 'replicationFactor'] as const)
    if (fields[name] !== undefined) contract[name] = wholeOf(fields, name);
  for (const name of ['uncleanLeaderElection', 'idempotence'] as const)
    if (fields[name] !== undefined) contract[name] = flagOf(fields, name);
  return contract;
}

const transactionsSchema = z.strictObject({
  ids: z.array(z.string()).default([]),
  version: z.literal([1, 2]).nullable().default(null),
  timeoutMs: z.int().min(0).default(60_000),
  stateMinInsyncReplicas: z.int().min(0).nullable().default(null),
  isolationAssumed: z.literal(true).exactOptional(),
});

/** What a line of version 2 says of transactions; null of version 1, which has none. */
function transactionsOf({ version, transactions }: Fields): TransactionsInfo | null {
  if (version !== 2) return null;
  const parsed = transactionsSchema.safeParse(transactions ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new LineProblem(
    `"${['transactions', ...issue.path].join('.')}" is not what it should be: ${issue.message}`,
  );
}

const copiesSchema = z.strictObject({ partitions: z.int().min(1) });

/** What a line of version 2 says of copies; null where there are none. */
function copiesOf({ version, copies }: Fields): CopiesInfo | null {
  if (version !== 2 || copies === undefined) return null;
  const parsed = copiesSchema.safeParse(copies);
  if (parsed.success) return parsed.data;
  throw new LineProblem(
    `"copies" must say how many partitions are copied: {"partitions":3}, not ${shown(copies)}`,
  );
}

/** Older files say it with the field "mode"; null where the line says nothing. */
function clientRetriesOf(fields: Fields): boolean | null {
  const old = fields['mode'] === undefined ? null : choiceOf(fields, 'mode', OLD_MODES);
  if (fields['clientRetries'] === undefined) return old === null ? null : retriesInOldWords(old);
  const said = flagOf(fields, 'clientRetries');
  if (old !== null && retriesInOldWords(old) !== said) {
    throw new LineProblem(
      `"clientRetries" is ${said}, and "mode", the older word for it, is ${shown(old)}: they contradict each other`,
    );
  }
  return said;
}

/** What the line says itself is no assumption any more. */
function laidOver(known: Contract | undefined, said: Partial<Contract>): Partial<Contract> {
  const { assumed: before = [], ...contract } = known ?? {};
  const assumed = before.filter((setting) => said[setting] === undefined);
  return { ...contract, ...said, ...(assumed.length > 0 && { assumed }) };
}

export function formatRunLine(
  info: RunInfo,
  { scans, lines }: { scans: RunLine['scans']; lines: LineCounts },
): Record<string, unknown> {
  const { extra, recording: _, ...rest } = info;
  const { contract } = info;
  const told = SETTINGS.filter((setting) => contract.assumed?.includes(setting) !== true);
  return {
    type: 'run',
    version: info.transactions === undefined ? 1 : 2,
    run: info.run,
    clientRetries: contract.clientRetries,
    dense: info.dense === true,
    ...(info.workerIsSession !== undefined && { workerIsSession: info.workerIsSession }),
    ...Object.fromEntries(told.map((setting) => [setting, contract[setting]])),
    ...(info.versions.kafka !== undefined && { kafka: info.versions.kafka }),
    ...(info.transactions !== undefined && { transactions: info.transactions }),
    ...(info.group !== undefined && { group: info.group }),
    ...(info.copies !== undefined && { copies: info.copies }),
    kept: { info: rest, scans, lines: { ...lines, counts: 1 } },
    ...extra,
  };
}
