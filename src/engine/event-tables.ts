import { isUnsaid } from '../history/assumptions.ts';
import { eventsOf } from '../history/events-of.ts';
import type { ScanEvent } from '../history/event.ts';
import { type FaultSpan, faultSpansOf } from '../history/fault-spans.ts';
import type { Run } from '../history/run.ts';
import { Examination } from '../checker/examination.ts';
import { clockUncertaintyNs } from '../checker/facts/node-clocks.ts';
import { areWorkersSessions } from '../checker/facts/producer-sessions.ts';
import { isAudited } from '../checker/findings/judgement.ts';
import { boundingEnds } from '../checker/passes/bounding.ts';
import { type Asked, FOREVER } from './statements/step.ts';

/**
 * What the events of a history say, as small tables for the statements. Events are few and stay in memory; the rows of
 * writes and reads are many and do not.
 */
export interface SmallTable {
  name: string;
  columns: readonly string[];
  /** Whole numbers. */
  rows: (readonly number[])[];
}

/** Each reader of a partition takes a bit of a number; those beyond make the partition one that is kept whole. */
const READERS_MAX = 52;
const SECOND_NS = 1e9;
/** About so many stretches of time are told of faults: seconds, or longer ones where that would be more. */
const STRETCHES_MAX = 100_000;

/** @param run without rows: its events and what ran. */
export function eventTables(
  run: Run,
  partitions: readonly number[],
): { tables: SmallTable[]; asked: Omit<Asked, 'block'> } {
  const examination = new Examination(run);
  examination.faults = faultSpansOf(run.events);
  const tables = {
    sessions: table('sessions', ['part', 'scan', 'bit', 'deciding']),
    claims: table('claims', ['part', 'fromPos', 'toPos', 'mask']),
    ends: table('ends', ['part', 'pos', 'askedNs', 'answeredNs']),
    pinned: table('pinned', ['part', 'pos']),
    whole: table('whole_given', ['part']),
    stretches: table('fault_stretches', ['stretchNs', 'fromNs', 'toNs']),
    terms: table('terms', ['part', 'fromNs', 'toNs']),
  };
  for (const partition of partitions) {
    const log = examination.logOf(partition);
    const scans = eventsOf(run.events, 'scan').filter((scan) => scan.partition === partition);
    const readers = [...new Set(scans.map(({ scan }) => scan))];
    if (!log.covered || readers.length > READERS_MAX) tables.whole.rows.push([partition]);
    if (readers.length > READERS_MAX) continue;
    const bitOf = (scan: number) => 2 ** readers.indexOf(scan);
    for (const scan of readers)
      tables.sessions.rows.push([partition, scan, bitOf(scan), Number(scan === log.decidingScan)]);
    tables.claims.rows.push(...claimsOf(partition, scans, bitOf));
    const ends = boundingEnds(examination, partition);
    for (let row = 0; row < (ends?.length ?? 0); row++)
      tables.ends.rows.push([partition, ends!.offset[row]!, ends!.invokeNs[row]!, ends!.completeNs[row]!]);
    tables.terms.rows.push(...termsOf(examination, partition));
  }
  for (const { partition, offset } of eventsOf(run.events, 'repetition'))
    tables.pinned.rows.push([partition, offset]);
  const { unitNs, rows } = faultStretches(examination.faults);
  tables.stretches.rows.push(...rows);
  const lasting = examination.faults.filter(({ toNs }) => !Number.isFinite(toNs));

  const { info } = run;
  const { contract } = info;
  const asked = {
    maySendAgain: contract.clientRetries || !contract.idempotence,
    dense: info.dense === true,
    workersAreSessions: areWorkersSessions(info),
    maybeBatches: !isAudited(info),
    faultUnitNs: unitNs,
    lastingFaultNs: lasting.length === 0 ? null : Math.min(...lasting.map(({ fromNs }) => fromNs)),
    survivors: (contract.acks === 1 || isUnsaid(contract, 'acks')) && !contract.clientRetries,
  };
  return { tables: Object.values(tables), asked };
}

function table(name: string, columns: readonly string[]): SmallTable {
  return { name, columns, rows: [] };
}

/** Stretches of offsets, and by bit which readers say that they read them. What a reset left out counts as said. */
function claimsOf(
  partition: number,
  scans: readonly ScanEvent[],
  bitOf: (scan: number) => number,
): number[][] {
  const edges = [...new Set(scans.flatMap(({ from, end }) => (end > from ? [from, end] : [])))];
  edges.sort((a, b) => a - b);
  const claims: number[][] = [];
  for (const [at, from] of edges.slice(0, -1).entries()) {
    const readers = new Set(
      scans.filter((scan) => scan.from <= from && from < scan.end).map(({ scan }) => scan),
    );
    const mask = [...readers].reduce((sum, scan) => sum + bitOf(scan), 0);
    if (mask > 0) claims.push([partition, from, edges[at + 1]!, mask]);
  }
  return claims;
}

/** Stretches of time in which it is the same for each broker in which term it led, and whether that is certain. */
function termsOf(examination: Examination, partition: number): number[][] {
  const { terms } = examination.leadershipOf(partition);
  const blurNs = clockUncertaintyNs(examination.run.events);
  const moments = new Set([0]);
  for (const { fromNs } of terms)
    for (const moment of [fromNs, fromNs - blurNs, fromNs + blurNs]) {
      moments.add(Math.max(0, Math.floor(moment)));
      moments.add(Math.max(0, Math.floor(moment) + 1));
    }
  const ascending = [...moments].toSorted((a, b) => a - b);
  return ascending.map((fromNs, at) => [partition, fromNs, ascending[at + 1] ?? FOREVER]);
}

/** The stretches of `unitNs` in which some fault was in force, each with the fault's own bounds. */
function faultStretches(spans: readonly FaultSpan[]): { unitNs: number; rows: number[][] } {
  const ended = spans.filter(({ toNs }) => Number.isFinite(toNs));
  let unitNs = SECOND_NS;
  const stretches = () => ended.reduce((sum, { fromNs, toNs }) => sum + 2 + (toNs - fromNs) / unitNs, 0);
  while (stretches() > STRETCHES_MAX + 2 * ended.length) unitNs *= 2;
  const rows: number[][] = [];
  for (const { fromNs, toNs } of ended)
    for (let stretchNs = fromNs - (fromNs % unitNs); stretchNs <= toNs; stretchNs += unitNs)
      rows.push([stretchNs, fromNs, toNs]);
  return { unitNs, rows };
}
