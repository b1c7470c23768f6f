import { z } from 'zod';
import {
  type EndEvent,
  type Event,
  type FaultStartEvent,
  type FaultStopEvent,
  ISOLATIONS,
  type ResetEvent,
  type ScanEvent,
} from '../event.ts';
import { type Fault, faultSchema } from '../fault.ts';
import {
  choiceOf,
  type Fields,
  flagOf,
  INT32_MAX,
  LineProblem,
  listOf,
  othersThan,
  textOf,
  wholeOf,
  wholeOrNull,
  WORKER_MAX,
} from './fields.ts';
import { parseGroupEvent } from './group-lines.ts';
import { scanNameOf } from './rows.ts';

/**
 * Events as lines, and back. The format has lines for scans, resets, ends, faults and views; all other events are written as
 * they stand in events.ndjson, under types of their own that another tool may ignore. `order` is an event's place
 * among all events, so that an import restores it; a file without it is put in order by time.
 */
export interface PlacedEvent {
  event: Event;
  /** Null when the line does not say. */
  order: number | null;
}

/** What an event carries along of a line that this program does not know. */
export type Carried = { extra?: Record<string, unknown> };

const COMMON = ['type', 'order', 'partition', 'invoke', 'complete'];
const SCAN_FIELDS = new Set([
  ...COMMON,
  'scan',
  'name',
  'from',
  'end',
  'covered',
  'final',
  'reason',
  'sequences',
  'endIsOpen',
  'isolation',
  'within',
  'stable',
  'client',
]);
const RESET_FIELDS = new Set(['type', 'order', 'time', 'partition', 'scan', 'from', 'to', 'reason']);
const END_FIELDS = new Set([...COMMON, 'offset', 'broker', 'stable']);
const VIEW_FIELDS = new Set([
  'type',
  'order',
  'time',
  'partition',
  'leader',
  'epoch',
  'isr',
  'observer',
  'startOffset',
]);
const FAULT_FIELDS = new Set([
  'type',
  'id',
  'kind',
  'targets',
  'start',
  'stop',
  'requested',
  'began',
  'order',
  'stopOrder',
  'fault',
  'links',
  'evidence',
  'stopRequested',
  'stopEvidence',
  'stopVerified',
  'missed',
]);
const VERIFIED_FAULT_FIELDS = new Set([...FAULT_FIELDS, 'verified']);

/**
 * The events of a line; null when the line is of no type that this program knows.
 * @param numberOf the number of the scan with this name.
 */
export function parseEvents(fields: Fields, numberOf: (scan: string) => number): PlacedEvent[] | null {
  switch (fields['type']) {
    case 'scan':
      return [placed(parseScan(fields, numberOf), fields, SCAN_FIELDS)];
    case 'reset':
      return [placed(parseReset(fields, numberOf), fields, RESET_FIELDS)];
    case 'view':
      return [placed(parseView(fields), fields, VIEW_FIELDS)];
    case 'fault':
      return parseFault(fields);
    default: {
      const group = parseGroupEvent(fields, numberOf);
      return group === null ? parseOwn(fields) : [placed(group.event, fields, group.known)];
    }
  }
}

/** An end offset, its place among all events, and what else the line says. */
export function parseEnd(fields: Fields): {
  end: EndEvent;
  order: number | null;
  others: Record<string, unknown> | null;
} {
  const end: EndEvent = {
    type: 'end',
    partition: wholeOf(fields, 'partition', INT32_MAX),
    offset: wholeOf(fields, 'offset'),
    invokeNs: wholeOf(fields, 'invoke'),
    completeNs: wholeOf(fields, 'complete'),
    broker: wholeOrNull(fields, 'broker', INT32_MAX) ?? -1,
    ...(fields['stable'] !== undefined && { stable: wholeOf(fields, 'stable') }),
  };
  return { end, order: orderOf(fields), others: othersThan(END_FIELDS, fields) };
}

function parseScan(fields: Fields, numberOf: (scan: string) => number): ScanEvent {
  const scan = scanNameOf(fields);
  return {
    type: 'scan',
    scan: numberOf(scan),
    name: fields['name'] === undefined ? scan : textOf(fields, 'name'),
    partition: wholeOf(fields, 'partition', INT32_MAX),
    from: wholeOf(fields, 'from'),
    end: wholeOf(fields, 'end'),
    covered: flagOf(fields, 'covered'),
    final: flagOf(fields, 'final'),
    invokeNs: wholeOf(fields, 'invoke'),
    completeNs: wholeOf(fields, 'complete'),
    ...(fields['reason'] !== undefined && { reason: textOf(fields, 'reason') }),
    ...(flagOf(fields, 'sequences') && { sequences: true }),
    ...(flagOf(fields, 'endIsOpen') && { endIsOpen: true }),
    ...(fields['isolation'] !== undefined && {
      isolation: choiceOf(fields, 'isolation', ISOLATIONS),
    }),
    ...(fields['within'] !== undefined && { within: withinOf(fields) }),
    ...(fields['stable'] !== undefined && { stable: wholeOf(fields, 'stable') }),
    ...(fields['client'] !== undefined && { client: textOf(fields, 'client') }),
  };
}

/** The transaction in which a reader polled. */
function withinOf({ within }: Fields): NonNullable<ScanEvent['within']> {
  if (typeof within !== 'object' || within === null || Array.isArray(within))
    throw new LineProblem('"within" must be a transaction: {"worker":0,"number":3}');
  const fields = within as Fields;
  return { worker: wholeOf(fields, 'worker', WORKER_MAX), number: wholeOf(fields, 'number') };
}

function parseReset(fields: Fields, numberOf: (scan: string) => number): ResetEvent {
  return {
    type: 'reset',
    timeNs: wholeOf(fields, 'time'),
    scan: numberOf(scanNameOf(fields)),
    partition: wholeOf(fields, 'partition', INT32_MAX),
    from: wholeOf(fields, 'from'),
    to: wholeOf(fields, 'to'),
    reason: fields['reason'] === undefined ? '' : textOf(fields, 'reason'),
  };
}

function parseView(fields: Fields): Event {
  const startOffset = wholeOrNull(fields, 'startOffset');
  return {
    type: 'view',
    timeNs: wholeOf(fields, 'time'),
    observer: fields['observer'] === undefined ? 'import' : textOf(fields, 'observer'),
    partition: wholeOf(fields, 'partition', INT32_MAX),
    leader: fields['leader'] === -1 ? -1 : (wholeOrNull(fields, 'leader', INT32_MAX) ?? -1),
    epoch: wholeOrNull(fields, 'epoch', INT32_MAX),
    isr: fields['isr'] === undefined ? [] : listOf(fields, 'isr', 'broker ids', isId),
    ...(startOffset !== null && { startOffset }),
  };
}

function parseFault(fields: Fields): PlacedEvent[] {
  const id = textOf(fields, 'id');
  const timeNs = wholeOf(fields, 'start');
  const stopNs = wholeOrNull(fields, 'stop');
  // An export says where the stop stands among the events; only another tool's line is put in order by its times.
  if (stopNs !== null && stopNs < timeNs && fields['stopOrder'] === undefined)
    throw new LineProblem(`"stop" must not be before "start", which is ${timeNs}, and it is ${stopNs}`);
  const targets = fields['targets'] === undefined ? [] : listOf(fields, 'targets', 'node names', isText);
  const isUnverified = (fields['verified'] ?? null) !== null && !flagOf(fields, 'verified');
  const start: FaultStartEvent = {
    type: 'fault-start',
    id,
    fault: faultOf(fields, targets),
    requestedNs: wholeOrNull(fields, 'requested') ?? timeNs,
    ...(fields['began'] !== undefined && { beganNs: wholeOf(fields, 'began') }),
    timeNs,
    targets,
    links: fields['links'] === undefined ? [] : listOf(fields, 'links', 'links', isLink),
    evidence: fields['evidence'] === undefined ? '' : textOf(fields, 'evidence'),
    ...(isUnverified && { verified: false }),
    ...(fields['missed'] !== undefined && { missed: listOf(fields, 'missed', 'node names', isText) }),
  };
  // An event says by its evidence that the fault was verified; without one it is carried along that the file says so.
  const isTold = isUnverified || start.evidence !== '';
  const events = [placed(start, fields, isTold ? VERIFIED_FAULT_FIELDS : FAULT_FIELDS)];
  if (stopNs === null) return events;
  const stop: FaultStopEvent & Carried = {
    type: 'fault-stop',
    id,
    requestedNs: wholeOrNull(fields, 'stopRequested') ?? stopNs,
    timeNs: stopNs,
    evidence: fields['stopEvidence'] === undefined ? '' : textOf(fields, 'stopEvidence'),
    ...(fields['stopVerified'] !== undefined && !flagOf(fields, 'stopVerified') && { verified: false }),
  };
  return [...events, { event: stop, order: wholeOrNull(fields, 'stopOrder') }];
}

/** The fault in this program's words, if it stands in the line; else its kind and the nodes that it struck. */
function faultOf(fields: Fields, targets: readonly string[]): Fault {
  const known = faultSchema.safeParse(fields['fault']);
  if (known.success) return known.data;
  // Another tool's kind of fault: everything that asks for more than a kind and a target looks at the kind first.
  const kind = textOf(fields, 'kind');
  const details = kind === 'isolate' ? { from: 'others', direction: 'both' } : {};
  return { kind, target: targets.join(', ') || 'unnamed nodes', ...details } as unknown as Fault;
}

const time = z.int().min(0);
const text = z.string();
const OWN_EVENTS = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('phase'),
    timeNs: time,
    name: z.enum(['setup', 'warm-up', 'faults', 'recovery', 'settle', 'scan', 'done']),
  }),
  z.looseObject({
    type: z.literal('mark'),
    timeNs: time,
    id: text,
    mark: z.enum(['start', 'stop', 'moment']),
    text,
  }),
  z.looseObject({
    type: z.literal('fault-stop'),
    id: text,
    requestedNs: time,
    timeNs: time,
    evidence: text,
  }),
  z.looseObject({
    type: z.enum(['fault-failed', 'fault-skipped']),
    id: text,
    timeNs: time,
    fault: z.looseObject({ kind: text }),
    reason: text,
  }),
  z.looseObject({
    type: z.literal('node'),
    timeNs: time,
    node: text,
    state: z.enum(['starting', 'up', 'down', 'paused']),
    detail: text.optional(),
  }),
  z.looseObject({ type: z.literal('controller'), timeNs: time, observer: text, controller: z.int() }),
  z.looseObject({
    type: z.literal('log'),
    timeNs: time,
    node: text,
    text,
    truncatedTo: z.int().optional(),
    partition: z.int().optional(),
  }),
  z.looseObject({
    type: z.literal('repetition'),
    timeNs: time,
    scan: z.int().min(0),
    partition: z.int().min(0),
    offset: z.int().min(0),
    producerId: z.int().min(0),
    sequence: z.int().min(0),
    highest: z.int().min(0).optional(),
  }),
  z.looseObject({
    type: z.literal('producer'),
    invokeNs: time,
    timeNs: time,
    worker: z.int().min(0),
    transactionalId: text,
    producerId: z.int().min(0),
    epoch: z.int().min(0),
  }),
  z.looseObject({
    type: z.literal('produced'),
    timeNs: time,
    node: text,
    partition: z.int().min(0).nullable(),
    values: z.array(z.tuple([z.int().min(0), z.int().min(0)])).nullable(),
    producerId: z.int().min(0).optional(),
    epoch: z.int().min(0).optional(),
    sequence: z.int().min(0).optional(),
    code: z.int().nullable(),
    offset: z.int().min(0).nullable(),
  }),
  z.looseObject({
    type: z.literal('gap'),
    timeNs: time,
    watch: z.enum(['views', 'ends', 'log']),
    node: text.optional(),
    fromNs: time,
    toNs: time.nullable(),
    reason: text,
  }),
  z.looseObject({
    type: z.literal('clock'),
    timeNs: time,
    node: text,
    offsetNs: z.number(),
    uncertaintyNs: z.number().min(0),
  }),
  z.looseObject({
    type: z.literal('note'),
    timeNs: time,
    text,
    about: z.enum(['interrupted', 'behind', 'stuck', 'internal-error', 'warning', 'information']),
  }),
]);

/** A line of this program's own; another tool's line that happens to have its type is none. */
function parseOwn(fields: Fields): PlacedEvent[] | null {
  const parsed = OWN_EVENTS.safeParse(fields);
  if (!parsed.success) return null;
  const { order: _, ...event } = fields;
  return [{ event: event as unknown as Event, order: orderOf(fields) }];
}

function placed(event: Event, fields: Fields, known: ReadonlySet<string>): PlacedEvent {
  const extra = othersThan(known, fields);
  const carrying: Event & Carried = extra === null ? event : { ...event, extra };
  return { event: carrying, order: orderOf(fields) };
}

function orderOf(fields: Fields): number | null {
  return wholeOrNull(fields, 'order');
}

function isId(item: unknown): item is number {
  return typeof item === 'number' && Number.isInteger(item) && item >= 0 && item <= INT32_MAX;
}

function isText(item: unknown): item is string {
  return typeof item === 'string';
}

function isLink(item: unknown): item is { from: string; to: string } {
  return typeof item === 'object' && item !== null && 'from' in item && 'to' in item;
}
