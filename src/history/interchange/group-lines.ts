import {
  COMMIT_WAYS,
  GROUP_PROTOCOLS,
  type GroupEvent,
  type GroupInfo,
  MEMBER_EVENTS,
  type MemberEvent,
  type OffsetCommitEvent,
  type OffsetFetchEvent,
  type Position,
} from '../group.ts';
import {
  choiceOf,
  type Fields,
  flagOf,
  INT32_MAX,
  LineProblem,
  listOf,
  shown,
  textOf,
  WORKER_MAX,
  wholeOf,
  wholeOrNull,
} from './fields.ts';
import { scanNameOf } from './rows.ts';

/** What befell a consumer group, as lines and back. A member's life has the name of a scan, so that its reads find it. */
const COMMIT_OUTCOMES = ['ok', 'fail', 'unknown'] as const;

const COMMON = ['type', 'order'];
const TIMED = [...COMMON, 'invoke', 'complete', 'offsets', 'error'];
const FIELDS = {
  member: new Set([...COMMON, 'time', 'member', 'scan', 'what', 'partitions', 'generation', 'id', 'reason']),
  'offset-commit': new Set([...TIMED, 'member', 'scan', 'generation', 'outcome', 'transaction']),
  'offset-fetch': new Set([...TIMED, 'stable', 'final']),
} satisfies Record<GroupEvent['type'], ReadonlySet<string>>;

/**
 * @param numberOf the number of the scan with this name.
 * @returns null where the line is of another type.
 */
export function parseGroupEvent(
  fields: Fields,
  numberOf: (scan: string) => number,
): { event: GroupEvent; known: ReadonlySet<string> } | null {
  switch (fields['type']) {
    case 'member':
      return { event: parseMember(fields, numberOf), known: FIELDS.member };
    case 'offset-commit':
      return { event: parseCommit(fields, numberOf), known: FIELDS['offset-commit'] };
    case 'offset-fetch':
      return { event: parseFetch(fields), known: FIELDS['offset-fetch'] };
    default:
      return null;
  }
}

function parseMember(fields: Fields, numberOf: (scan: string) => number): MemberEvent {
  const { generation, id } = fields;
  return {
    type: 'member',
    timeNs: wholeOf(fields, 'time'),
    member: wholeOf(fields, 'member', INT32_MAX),
    scan: numberOf(scanNameOf(fields)),
    what: choiceOf(fields, 'what', MEMBER_EVENTS),
    ...(fields['partitions'] !== undefined && {
      partitions: listOf(fields, 'partitions', 'partitions', isPartition),
    }),
    ...(generation !== undefined && { generation: wholeOrNull(fields, 'generation', INT32_MAX) }),
    ...(id !== undefined && { id: id === null ? null : textOf(fields, 'id') }),
    ...(fields['reason'] !== undefined && { reason: textOf(fields, 'reason') }),
  };
}

function parseCommit(fields: Fields, numberOf: (scan: string) => number): OffsetCommitEvent {
  const invokeNs = wholeOf(fields, 'invoke');
  const { transaction } = fields;
  return {
    type: 'offset-commit',
    member: wholeOf(fields, 'member', INT32_MAX),
    scan: numberOf(scanNameOf(fields)),
    generation: wholeOrNull(fields, 'generation', INT32_MAX),
    offsets: positionsOf(fields),
    invokeNs,
    completeNs: wholeOrNull(fields, 'complete') ?? invokeNs,
    outcome: choiceOf(fields, 'outcome', COMMIT_OUTCOMES),
    error: errorOf(fields),
    ...(transaction !== undefined && { transaction: transactionOf(transaction) }),
  };
}

function parseFetch(fields: Fields): OffsetFetchEvent {
  return {
    type: 'offset-fetch',
    invokeNs: wholeOf(fields, 'invoke'),
    completeNs: wholeOf(fields, 'complete'),
    offsets: positionsOf(fields),
    error: errorOf(fields),
    stable: flagOf(fields, 'stable'),
    ...(flagOf(fields, 'final') && { final: true }),
  };
}

function positionsOf(fields: Fields): Position[] {
  const positions = listOf(fields, 'offsets', 'positions {"partition", "offset"}', isPosition);
  return positions.map(({ partition, offset }) => ({ partition, offset }));
}

function errorOf(fields: Fields): string | null {
  const { error } = fields;
  return error === null || error === undefined ? null : textOf(fields, 'error');
}

function transactionOf(value: unknown): { worker: number; number: number } {
  if (typeof value === 'object' && value !== null) {
    const fields = value as Fields;
    return { worker: wholeOf(fields, 'worker', WORKER_MAX), number: wholeOf(fields, 'number') };
  }
  throw new LineProblem(`"transaction" must be {"worker", "number"}, not ${shown(value)}`);
}

function isPartition(item: unknown): item is number {
  return typeof item === 'number' && Number.isInteger(item) && item >= 0 && item <= INT32_MAX;
}

function isPosition(item: unknown): item is Position {
  if (typeof item !== 'object' || item === null) return false;
  const { partition, offset } = item as Partial<Record<string, unknown>>;
  return isPartition(partition) && typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= -1;
}

/** The event as a line says it. */
export function groupLine(event: GroupEvent, nameOf: (scan: number) => string): Record<string, unknown> {
  switch (event.type) {
    case 'member': {
      const { timeNs, scan, ...rest } = event;
      return { ...rest, scan: nameOf(scan), time: timeNs };
    }
    case 'offset-commit': {
      const { invokeNs, completeNs, scan, ...rest } = event;
      return { ...rest, scan: nameOf(scan), invoke: invokeNs, complete: completeNs };
    }
    case 'offset-fetch': {
      const { invokeNs, completeNs, ...rest } = event;
      return { ...rest, invoke: invokeNs, complete: completeNs };
    }
  }
}

/**
 * What the line "run" says of the group; null where it says nothing.
 * @throws LineProblem
 */
export function groupInfoOf(fields: Fields): GroupInfo | null {
  const { group } = fields;
  if (group === undefined) return null;
  if (typeof group !== 'object' || group === null || Array.isArray(group))
    throw new LineProblem(`"group" must be an object, not ${shown(group)}`);
  const said = group as Fields;
  const unclean = said['offsetsUncleanElection'] ?? null;
  return {
    id: said['id'] === undefined ? 'group' : textOf(said, 'id'),
    protocol: choiceOf(said, 'protocol', GROUP_PROTOCOLS),
    commit: choiceOf(said, 'commit', COMMIT_WAYS),
    offsetsMinInsyncReplicas: wholeOrNull(said, 'offsetsMinInsyncReplicas'),
    offsetsUncleanElection: unclean === null ? null : flagOf(said, 'offsetsUncleanElection'),
    offsetsRetentionMs: wholeOrNull(said, 'offsetsRetentionMs'),
  };
}
