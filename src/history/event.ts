import type { Fault, Link } from './fault.ts';
import type { GroupEvent } from './group.ts';

/**
 * Everything in a history that is not a write or a read: one JSON object a line in events.ndjson, in the order in
 * which it became known. All times are nanoseconds since the run began.
 */
export type Event =
  | PhaseEvent
  | FaultStartEvent
  | FaultStopEvent
  | FaultFailedEvent
  | FaultSkippedEvent
  | NodeEvent
  | ViewEvent
  | ControllerEvent
  | EndEvent
  | ScanEvent
  | ResetEvent
  | LogEvent
  | RepetitionEvent
  | ProducerEvent
  | ProducedEvent
  | GapEvent
  | ClockEvent
  | MarkEvent
  | GroupEvent
  | NoteEvent;

/** The phases of a run, in this order. Load runs in the first three. */
export type PhaseName = 'setup' | 'warm-up' | 'faults' | 'recovery' | 'settle' | 'scan' | 'done';

export interface PhaseEvent {
  type: 'phase';
  timeNs: number;
  name: PhaseName;
}

/** A fault took effect; unless it says that this was not observed (`verified`). `requestedNs` is when the schedule asked for it, `timeNs` when it was in place. */
export interface FaultStartEvent {
  type: 'fault-start';
  /** Unique within the run; the matching `fault-stop` carries the same. */
  id: string;
  fault: Fault;
  requestedNs: number;
  /** When its targets were known and the nemesis set to work: later than asked for where it had to wait. */
  beganNs?: number;
  timeNs: number;
  /** The nodes that it struck, by name, resolved at the strike. */
  targets: string[];
  /** The directed links that it cut, or made lose or delay packets; empty for faults of processes. */
  links: Link[];
  /** What was observed that proves the effect, in words: `pid 4711 is gone`. */
  evidence: string;
  /** Set where the effect was not observed, or an imported history says so. */
  verified?: false;
  /** Nodes that it was to strike and did not. */
  missed?: string[];
}

/** The fault was undone: the broker runs again, or the links carry traffic, which was observed if `verified` is absent. */
export interface FaultStopEvent {
  type: 'fault-stop';
  id: string;
  requestedNs: number;
  timeNs: number;
  evidence: string;
  verified?: false;
}

/** A fault that the schedule wanted could not be applied; or not healed, where it has a `fault-start`. */
export interface FaultFailedEvent {
  type: 'fault-failed';
  id: string;
  timeNs: number;
  fault: Fault;
  reason: string;
}

/** A drawn fault was left out because it would have broken what the scenario says must stay up. */
export interface FaultSkippedEvent {
  type: 'fault-skipped';
  id: string;
  timeNs: number;
  fault: Fault;
  reason: string;
}

export interface NodeEvent {
  type: 'node';
  timeNs: number;
  node: string;
  state: 'starting' | 'up' | 'down' | 'paused';
  /** Why, for people: `killed`, `exited with status 1`. */
  detail?: string;
}

/** Who leads a partition, as one observer tells it. Recorded on change. */
export interface ViewEvent {
  type: 'view';
  timeNs: number;
  /** The broker that said so (`kafka2`), or `log:kafka2` when it was read from that broker's own log or files. */
  observer: string;
  partition: number;
  /** Broker id; -1 when the observer knows of no leader. */
  leader: number;
  /** Leader epoch; null when the observer does not tell it. */
  epoch: number | null;
  isr: number[];
  /** The offset from which this leader's epoch starts, where known. */
  startOffset?: number;
}

export interface ControllerEvent {
  type: 'controller';
  timeNs: number;
  observer: string;
  /** Node id of the active controller; -1 when the observer knows of none. */
  controller: number;
}

/** An end offset (high watermark) that a broker gave. It is recorded as an event, and kept in columns: see `Run.ends`. */
export interface EndEvent {
  type: 'end';
  partition: number;
  offset: number;
  invokeNs: number;
  completeNs: number;
  /** Broker id of the one that was asked. */
  broker: number;
  /** The last stable offset, where it was asked for too: what lies behind it belongs to transactions that are open. */
  stable?: number;
}

/** Whether a reader is given what is not committed. */
export const ISOLATIONS = ['read_committed', 'read_uncommitted', 'unknown'] as const;

/**
 * A reader's bounds in one partition. `covered` when it read every offset from `from` up to `end`; `final` when it
 * began after the writers had stopped, all faults were healed and the cluster had settled. One that is not final is a
 * consumer: it read while the run went on, and `end` is the position that it had reached when it stopped.
 */
export interface ScanEvent {
  type: 'scan';
  scan: number;
  name: string;
  partition: number;
  from: number;
  /** The end offset that the broker gave when the scan of this partition began; a consumer's last position. */
  end: number;
  covered: boolean;
  final: boolean;
  /** Set where the log may go on behind `end`, so that nothing is known of what lies there. */
  endIsOpen?: true;
  invokeNs: number;
  completeNs: number;
  /** Why it is not covered, in words. */
  reason?: string;
  /**
   * Set of a reader as applications have them, which tells neither markers nor producer ids: `read_committed` is given only
   * what is committed, and hides the rest. Of a final scan also `read_uncommitted`, and `unknown` where the history does not tell.
   */
  isolation?: (typeof ISOLATIONS)[number];
  /** Set of what a transaction was given, before it asked for its end: it polled, and wrote in the same transaction. */
  within?: { worker: number; number: number };
  /** The last stable offset when it ended, where it was told. */
  stable?: number;
  /** The library that read, by name and version, where it is not kept's own reader. */
  client?: string;
  /** Whether it watched the sequence numbers of idempotent producers, and told of each `repetition`. */
  sequences?: true;
}

/** A batch of an idempotent producer whose sequence number the partition's log has had before, or gone past. */
export interface RepetitionEvent {
  type: 'repetition';
  timeNs: number;
  scan: number;
  partition: number;
  offset: number;
  producerId: number;
  sequence: number;
  /** The highest number of that producer below it; absent in older histories. */
  highest?: number;
}

/**
 * A producer with a transactional id was told its producer id and epoch (InitProducerId): from then on every instance of the
 * same id with a lower epoch is fenced.
 */
export interface ProducerEvent {
  type: 'producer';
  /** When it was asked for, and answered. */
  invokeNs: number;
  timeNs: number;
  worker: number;
  transactionalId: string;
  producerId: number;
  epoch: number;
}

/**
 * A broker has answered a Produce request of a worker, as the proxy between the two saw it: one event for each partition of the
 * request, before the client learned of the answer (if it did).
 */
export interface ProducedEvent {
  type: 'produced';
  timeNs: number;
  node: string;
  /** Null where the request could not be read. */
  partition: number | null;
  /** The values that it bore, [worker, seq] each, in their order; null where they could not be read. */
  values: [worker: number, seq: number][] | null;
  /** Its first number, of this producer; absent where the producer is not idempotent. */
  producerId?: number;
  epoch?: number;
  sequence?: number;
  /** The error that the broker gave, by its number in the protocol; 0: it took them. Null where the answer could not be read. */
  code: number | null;
  /** Where it says that the first one is; null where it says nothing. */
  offset: number | null;
}

/**
 * A consumer went on from another position than the one it had reached: its offset was out of range, because the log
 * had been cut off below it or had been cleaned up beyond it.
 */
export interface ResetEvent {
  type: 'reset';
  timeNs: number;
  scan: number;
  partition: number;
  from: number;
  to: number;
  /** In words. */
  reason: string;
}

/** A line of a node's own log that tells of elections, ISR changes or truncation. */
export interface LogEvent {
  type: 'log';
  timeNs: number;
  node: string;
  text: string;
  /** Set when the line tells of a truncation: the log was cut to this offset. */
  truncatedTo?: number;
  partition?: number;
}

/**
 * A watch observed nothing for a while: what happened then is unknown. It stands twice in a history: when the gap was
 * noticed, with `toNs` null, and when it was over; if that is missing, it lasted until the history ends.
 */
export interface GapEvent {
  type: 'gap';
  timeNs: number;
  /** `views`: who leads, by all brokers' accounts. `ends`: the end offsets. `log`: the log of `node`. */
  watch: 'views' | 'ends' | 'log';
  node?: string;
  /** The last observation before it. */
  fromNs: number;
  /** The first observation after it. */
  toNs: number | null;
  /** In words. */
  reason: string;
}

/**
 * A node's clock was compared with this machine's. The times of what its log tells (`log`, and `view` by `log:NODE`) are
 * those of this machine, and may be wrong by so much until the next comparison. Where nothing tells of one there is one clock.
 */
export interface ClockEvent {
  type: 'clock';
  timeNs: number;
  node: string;
  /** How far it was ahead. */
  offsetNs: number;
  uncertaintyNs: number;
}

/** What a person did to the cluster by hand, in their own words: at one moment, or from `start` to `stop`. */
export interface MarkEvent {
  type: 'mark';
  timeNs: number;
  /** Of `start` and `stop` the same. */
  id: string;
  mark: 'start' | 'stop' | 'moment';
  text: string;
}

/** Anything else that a reader of the history must know: a warning, an interruption. */
export interface NoteEvent {
  type: 'note';
  timeNs: number;
  text: string;
  /**
   * `interrupted`: the user asked to stop early. `behind`: the load fell behind its schedule. `stuck`: it was not served
   * although everything was healed.
   */
  about: 'interrupted' | 'behind' | 'stuck' | 'internal-error' | 'warning' | 'information';
  /** Set where it tells that nothing ran, and the clock of the run went on: since when, until `timeNs`. Nothing was tested then. */
  stoodStillSinceNs?: number;
}
