import type { Damage } from '../../history/run.ts';
import type { Transaction } from '../../history/transaction.ts';
import type { Integrity, Read, Write } from '../../history/write.ts';
import type { Finding } from '../../checker/result.ts';

/**
 * The life of one record, as data: everything that a history tells about it, in the order of time. Each step follows from a
 * row or an event of the history; what the history does not tell stands in `notKnown`. Times are nanoseconds since the run began.
 */
export interface Life {
  /** `w3:120`. */
  value: string;
  worker: number;
  seq: number;
  /** Its rows among the writes: one, unless the history is odd; none of a record that only readers tell of. */
  writes: readonly Write[];
  /** Absent where it was not written in a transaction, or the history does not have that. */
  transaction?: Transaction;
  steps: readonly Step[];
  standing: Standing;
  /** What stands now at each offset at which it was acknowledged, and is not found. */
  holders: readonly Holder[];
  findings: readonly FindingAbout[];
  /** What the history does not tell, in sentences. */
  notKnown: readonly string[];
}

/** A life, or several, with what they have in common. */
export interface Explanation {
  version: 1;
  run: string;
  topic: string;
  /** Which finding they are examples of, its number, and what it says in words. */
  finding?: { number: number; of: number; text: string; finding: Finding };
  /** The offset that was asked for, and what stands there now. */
  offset?: { partition: number; offset: number; holder: Holder };
  records: readonly Life[];
  /** What of the history is damaged or missing: there may be more to tell. */
  damage: readonly Damage[];
}

/** Where the final scans found it. */
export interface Standing {
  /**
   * `not-known`: no final scan read all of its partition. `nowhere`: one did, and was not given it.
   */
  where: 'once' | 'more-than-once' | 'nowhere' | 'not-known';
  /** By the account of the scan of each partition that decides, ascending. */
  places: readonly Place[];
  /** The final scans of its partition. */
  scans: readonly { name: string; from: number; end: number; covered: boolean; found: readonly number[] }[];
}

export interface Place {
  partition: number;
  offset: number;
}

/** What the final scan found at an offset. */
export interface Holder extends Place {
  /**
   * `hole`: it read beyond the offset and was given nothing there. `beyond-end`: the log ended at or below it. `not-known`: no
   * final scan read so far.
   */
  what: 'record' | 'phantom' | 'marker' | 'hole' | 'beyond-end' | 'not-known';
  /** Of a record. */
  value?: string;
  /** Of a phantom: what is wrong with it. */
  integrity?: Integrity;
  /** Of a marker. */
  marker?: 'commit' | 'abort';
  /** Where the log ended, by the scan. */
  end?: number;
  /** Other writes that were acknowledged at this offset. */
  acknowledged: readonly { value: string; timeNs: number | null; broker: number | null }[];
}

export interface FindingAbout {
  /** As `kept explain --finding` counts. */
  number: number;
  kind: Finding['kind'];
  loss?: Finding['loss'];
  judgement: Finding['judgement'];
  blame: Finding['blame'];
  reason: string;
  /** How many it counts. */
  count: number;
  endedBy?: string;
  reader?: string;
  /** What it says of this record, in words. */
  detail?: string;
  /** Set where it is about its offset, or its transaction, and not about the record itself. */
  about?: 'offset' | 'transaction';
}

/** Something that happened, and when it became known. */
export type Step = { timeNs: number } & StepFacts;

type StepFacts =
  | { what: 'due'; partition: number }
  /**
   * The client was given it. `attempts`: null where the history does not tell. `node`: to whom the last attempt went; null where
   * no broker was reached, or it is not told.
   */
  | { what: 'sent'; attempts: number | null; node: string | null; partition: number; copyOf?: number }
  /** A broker's answer to a request with it, as the request log has it; `offset` and `sequence` are the record's own. */
  | {
      what: 'produced';
      node: string;
      partition: number | null;
      code: number | null;
      offset: number | null;
      producerId?: number;
      epoch?: number;
      sequence?: number;
    }
  /** The client learned what became of it. */
  | {
      what: 'answered';
      outcome: Write['outcome'];
      error: string | null;
      offset: number | null;
      node: string | null;
      /** In which that broker led; null where it is not known for certain. */
      epoch: number | null;
      /** Set where the broker was first seen to lead only after that: when, and in which epoch. */
      seenLater?: { timeNs: number; epoch: number | null };
      tookNs: number;
    }
  | {
      what: 'leader';
      node: string;
      partition: number;
      epoch: number | null;
      startOffset: number | null;
    }
  | {
      what: 'fault-start' | 'fault-stop';
      id: string;
      label: string;
      targets: readonly string[];
      verified: boolean;
    }
  | { what: 'by-hand'; mark: 'start' | 'stop' | 'moment'; text: string }
  /** A broker's own log tells that it was cut. `partition` null: the line does not name it. */
  | { what: 'cut'; node: string; truncatedTo: number; partition: number | null }
  /** End offsets around the record's own: the last one below it, the first one above it, and the first one below it again. */
  | {
      what: 'end';
      which: 'below' | 'above' | 'below-again';
      node: string | null;
      end: number;
      offset: number;
    }
  | { what: 'transaction-began'; number: number; producerId: number | null; epoch: number | null }
  | { what: 'transaction-end-asked'; number: number; end: Transaction['end'] }
  | { what: 'transaction-ended'; number: number; outcome: Transaction['outcome']; error: string | null }
  /** A reader received it. */
  | {
      what: 'given';
      reader: string;
      final: boolean;
      /** Set where the history does not tell when: the step stands at the end of the scan, where that is told. */
      untimed?: true;
      partition: number;
      offset: number;
      producerId?: number;
      epoch?: number;
      /** The first marker of the same producer behind it, by the same reader: what ended its transaction. */
      marker?: { kind: 'commit' | 'abort'; offset: number };
    }
  /** A reader that never received it was given a record behind its offset. `instead`: what it was given at that offset. */
  | { what: 'passed'; reader: string; untimed?: true; offset: number; givenOffset: number; instead?: string }
  /** A final scan was over and had not returned it. */
  | { what: 'not-returned'; reader: string; from: number; end: number; covered: boolean }
  | { what: 'reset'; reader: string; from: number; to: number; reason: string }
  | { what: 'repetition'; reader: string; offset: number; producerId: number; sequence: number }
  /** The first commit of its group beyond its offset. */
  | { what: 'group-commit'; member: number; position: number; offset: number }
  /** What became of a write that copies it, in an exactly-once run. */
  | { what: 'copied'; value: string; partition: number; outcome: Write['outcome']; offset: number | null };

export type StepOf<What extends Step['what']> = Extract<Step, { what: What }>;

/** What was collected about a record before it is put into order. */
export interface RecordRows {
  worker: number;
  seq: number;
  writes: Write[];
  /** Of valid records only. */
  reads: Read[];
}
