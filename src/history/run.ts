import type { ProcessIdentity } from '../core/process-identity.ts';
import type { ClientInfo } from './client-info.ts';
import type { Event } from './event.ts';
import type { GroupInfo } from './group.ts';
import type { CopiesInfo, TransactionsInfo } from './transaction.ts';

/**
 * A finished (or torn) run, as everything downstream of the history sees it: facts about the run, its events, and
 * its writes and reads as columns, one batch in memory at a time. The checker and the report know only this; that
 * it comes from a directory, from another tool's file or from a test makes no difference.
 */
export interface Run {
  readonly info: RunInfo;
  /** All but the end offsets, of which a long run has more than of anything else. */
  readonly events: readonly Event[];
  /**
   * Each call is a fresh pass over all writes, in the order in which their outcomes became known. A batch's memory is
   * used again for the next one.
   */
  writes(): Iterable<WriteBatch>;
  /** Each call is a fresh pass over all records that scans returned, in the order of their arrival. As `writes`. */
  reads(): Iterable<ReadBatch>;
  /** The same of all end offsets that brokers gave, in the order in which they became known. */
  ends(): Iterable<EndBatch>;
  /** The same of transactions, in the order in which their outcomes became known; absent in a history without any. */
  readonly transactions?: () => Iterable<TransactionBatch>;
  /** The same of the markers that scans found, in the order of their arrival; absent in a history without transactions. */
  readonly markers?: () => Iterable<MarkerBatch>;
  /** What of the history is damaged or missing; complete only after a full pass over writes, reads and ends. */
  damage(): readonly Damage[];
  /** Set where rows were left out on purpose, because no judgement depends on them: see docs/engines.md. */
  readonly leftOut?: LeftOut;
}

/** Records that were acknowledged once, and found once, where they should be. */
export interface LeftOut {
  writes: number;
  /** Others that were found, by outcome. */
  others?: { info: number; sent: number };
  /** Faults whose events were left out, too. */
  faults?: LeftOutFaults;
  /** By partition, where empty offsets need an explanation: stretches of offsets that are not empty, ascending. */
  occupied: ReadonlyMap<number, readonly { from: number; to: number }[]>;
}

/** Faults that are over: how many took effect, and of these how many are not known to have; how many did not, or were skipped. */
export interface LeftOutFaults {
  struck: number;
  unverified: number;
  failed: number;
  skipped: number;
  /** Whether a write was begun while one of them was in force. */
  tested: boolean;
}

/** A part of a history that cannot be used, and what that means for a verdict. */
export interface Damage {
  file: string;
  /** `torn`: the file ends in the middle (the tool was killed). `corrupt`: bytes changed. `missing`: no such file. */
  kind: 'torn' | 'corrupt' | 'missing';
  /** One sentence with position and size. */
  detail: string;
  /**
   * What it is that some may be missing of, where the name of the file does not say so. `all`: something was changed,
   * and it is not known what, so that no row proves anything.
   */
  rows?: 'writes' | 'reads' | 'events' | 'all';
}

/** Int64 values as pairs of int32 (low, high): cheaper to read than bigint. Use `int64At`. */
export type Int64Column = Int32Array;

/** Exact for |value| < 2^53. */
export function int64At(column: Int64Column, index: number): number {
  return column[2 * index + 1]! * 4294967296 + (column[2 * index]! >>> 0);
}

/** Columns of writes; row i of each belongs together. Codes index OUTCOMES. Absent values: -1; error code 0: none. */
export interface WriteBatch {
  readonly length: number;
  readonly worker: Uint32Array;
  readonly seq: Int64Column;
  readonly partition: Int32Array;
  readonly intendedNs: Int64Column;
  readonly invokeNs: Int64Column;
  readonly completeNs: Int64Column;
  readonly outcome: Uint8Array;
  /** Index into `errorNames`; 0 is "no error". */
  readonly error: Uint16Array;
  readonly errorNames: readonly string[];
  readonly offset: Int64Column;
  readonly attempts: Uint16Array;
  readonly broker: Int32Array;
  /** The number of its worker's transaction; -1: none. Absent in a history without transactions. */
  readonly transaction?: Int64Column;
  /** The offset of the record that it is a copy of; -1: it is none. Absent in a history without copies. */
  readonly copyOf?: Int64Column;
}

/** Columns of reads. Integrity codes index INTEGRITIES. For a record without a readable value worker is 2^32-1. */
export interface ReadBatch {
  readonly length: number;
  readonly scan: Uint32Array;
  readonly partition: Int32Array;
  readonly offset: Int64Column;
  readonly worker: Uint32Array;
  readonly seq: Int64Column;
  readonly timeNs: Int64Column;
  readonly integrity: Uint8Array;
  /** Of the batch that it came in; -1: none, or not told. Absent in a history without transactions. */
  readonly producerId?: Int64Column;
  readonly epoch?: Int32Array;
}

/** Columns of end offsets. Broker: -1 if it is not known. */
export interface EndBatch {
  readonly length: number;
  readonly partition: Int32Array;
  readonly offset: Int64Column;
  readonly invokeNs: Int64Column;
  readonly completeNs: Int64Column;
  readonly broker: Int32Array;
  /** The last stable offset: records behind it belong to transactions that are open. -1: not told. Absent as in reads. */
  readonly stable?: Int64Column;
}

/** Columns of transactions; fields as in `Transaction`. Absent values: -1. Codes index TRANSACTION_ENDS and TRANSACTION_OUTCOMES. */
export interface TransactionBatch {
  readonly length: number;
  readonly worker: Uint32Array;
  readonly number: Int64Column;
  readonly producerId: Int64Column;
  readonly epoch: Int32Array;
  readonly endProducerId: Int64Column;
  readonly endEpoch: Int32Array;
  readonly beginNs: Int64Column;
  readonly end: Uint8Array;
  readonly endInvokeNs: Int64Column;
  readonly endCompleteNs: Int64Column;
  readonly outcome: Uint8Array;
  /** Index into `errorNames`; 0 is "no error". */
  readonly error: Uint16Array;
  readonly errorNames: readonly string[];
  readonly attempts: Uint16Array;
  readonly answered: Uint16Array;
}

/** Columns of markers; fields as in `Marker`. Codes index MARKER_KINDS. */
export interface MarkerBatch {
  readonly length: number;
  readonly scan: Uint32Array;
  readonly partition: Int32Array;
  readonly offset: Int64Column;
  readonly producerId: Int64Column;
  readonly epoch: Int32Array;
  readonly kind: Uint8Array;
  readonly coordinatorEpoch: Int32Array;
  readonly timeNs: Int64Column;
}

/** What Kafka was asked to guarantee: everything a finding is judged against. */
export interface Contract {
  acks: 0 | 1 | 'all';
  minInsyncReplicas: number;
  replicationFactor: number;
  uncleanLeaderElection: boolean;
  idempotence: boolean;
  /** Whether the client library sends a record again by itself. Else a write is one attempt. */
  clientRetries: boolean;
  /** `log.flush.interval.messages` of the brokers: after how many records they sync to disk. If absent the system does, in time. */
  flushMessages?: number;
  /** What of this an imported history does not say; none if absent. */
  assumed?: readonly Setting[];
}

/** What a history of another tool may leave unsaid of a contract. */
export const SETTINGS = [
  'acks',
  'minInsyncReplicas',
  'replicationFactor',
  'uncleanLeaderElection',
  'idempotence',
] as const;
export type Setting = (typeof SETTINGS)[number];

export interface NodeInfo {
  name: string;
  /** Broker or controller id; null for ZooKeeper. */
  id: number | null;
  roles: ('broker' | 'controller' | 'zookeeper')[];
  address: string;
  /** Where the workers reach a broker, if not at this address. */
  outside?: { host: string; port: number };
}

/** The clock of workers on another host, whose times were brought to the clock of the run. */
export interface WorkerClock {
  host: string;
  workers: number[];
  /** Each of their times may be wrong by so much; null: by any time. */
  uncertaintyNs: number | null;
}

/** run.json. Written when the run starts, and again when it ends. */
export interface RunInfo {
  /** Of the format of the run directory. 2 since histories can hold transactions, and columns are found by their names. */
  version: 1 | 2;
  /** Stands in every record's value. */
  run: string;
  /** The name of this recording of it, see recording.ts. */
  recording?: string;
  status: 'running' | 'complete' | 'interrupted' | 'failed';
  /** Why, where the status is `failed`. */
  failure?: string;
  world: 'real' | 'simulated' | 'imported';
  /** In which kind of lab real Kafka ran; absent in runs from before there was more than one. */
  lab?: string;
  /** The user's image that the nodes were made from. */
  image?: string;
  /** The seed of everything random in the run. */
  seed: number;
  scenario: { name: string; title: string; [option: string]: unknown };
  contract: Contract;
  /** What wrote. Absent in runs from before there was more than one client, and in most imported histories. */
  client?: ClientInfo;
  topic: string;
  partitions: number;
  nodes: NodeInfo[];
  workers: number;
  /** Set where workers write in transactions. */
  transactions?: TransactionsInfo;
  /** Set where members of a consumer group read while the run went on. */
  group?: GroupInfo;
  /** Set where workers copy records from one partition to another, in transactions. */
  copies?: CopiesInfo;
  /** Set where each Produce request that a broker answered a worker stands among the events (`produced`). */
  requestLog?: true;
  /** How many processes shared the workers; one if absent. */
  processes?: number;
  /** Of workers that lived on hosts with clocks of their own: how exactly these were measured. Their times are corrected already. */
  clocks?: WorkerClock[];
  /** What ran: the versions of kept, Node, Kafka and Java, and the SHA-256 of each jar by file name. */
  versions: { kept: string; node?: string; kafka?: string; java?: string; jars?: Record<string, string> };
  /** Of a simulated run: the bug that was planted into the model, by name. */
  bug?: string;
  /** `zookeeper`, `kraft-combined` or `kraft-separate`. */
  kafkaMode?: string;
  machine?: Record<string, string | number>;
  /** Whose end is the end of the run, whatever its status says. */
  process?: ProcessIdentity;
  /** Wall clock, ISO 8601. */
  startedAt: string;
  endedAt?: string;
  /** How it was started, for people who want to repeat it. */
  command?: string[];
  /**
   * `metadata`: who led is known only from what brokers answered when they were asked, several times a second, so terms
   * may be missing and none has an exact beginning. If absent the brokers' own logs, or another source, told each of them.
   */
  leadershipFrom?: 'metadata';
  /** Whether every offset of a partition must hold a record, so that none may be empty; false if absent. */
  dense?: boolean;
  /**
   * Whether a worker is one session of a producer, which sends one record after the other, until a write fails or has
   * an unknown outcome. If absent: true of an imported history.
   */
  workerIsSession?: boolean;
  /** What of an imported history is not judged, in sentences: the verdict is then at best inconclusive. */
  unjudged?: string[];
  /** What was damaged before the history was imported: an import does not heal it. */
  damage?: Damage[];
  /** Fields of an imported history that this program does not know. */
  extra?: Record<string, unknown>;
}
