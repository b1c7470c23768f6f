import type { ScanEvent } from '../history/event.ts';
import { AckPace } from './ack-pace.ts';
import type { EndBounds } from './end-bounds.ts';
import { PagedColumn } from './paged.ts';

/**
 * A partition as the history tells it: which value stands at which offset, and who says so. The deciding scan comes
 * first, then acknowledgements, then other readers: whoever comes later may fill what is empty, and where he says
 * something else than is there already, the offset is divergent.
 */
export class PartitionLog {
  readonly partition: number;
  /** Dense: in the order in which the history mentions partitions. */
  readonly index: number;
  /** The scan that decides about this partition; null when there was no final one. */
  readonly scan: ScanEvent | null;
  /** The number of that scan; -1 for none. */
  readonly decidingScan: number;
  /** By offset: 0 for nothing, else a slot code. */
  slots: PagedColumn<SlotKind> = new PagedColumn('uint32');
  /** By offset: the bits below. */
  marks: PagedColumn<'uint8'> = new PagedColumn('uint8');
  /** By offset: the earliest moment at which a reader had the slot's record, plus one. Only where it matters. */
  readonly readNs = new PagedColumn('float64');
  /** By offset, where two values of one worker met: 1 + a code for the term in which the one that stayed was acknowledged there. */
  rivalTerms: PagedColumn | null = null;
  /** By the code of a term: the highest offset that still holds what was acknowledged there in that term. */
  readonly survivors = new Map<number, number>();
  /** What end offsets say of time; null where they say nothing. */
  ends: EndBounds | null = null;
  /** The acknowledgements at offsets that hold what was acknowledged. */
  readonly pace = new AckPace();
  /** Offsets at which the deciding scan returned a record. */
  scanned = 0;
  /** Those of them that hold a value which it had returned before. */
  copies = 0;
  /** Whether the deciding scan returned its records in the order of their offsets. */
  scannedUpwards = true;
  lastScanned = -1;
  /** Whether it returned two records at one offset, or an offset that is none. */
  isContradicted = false;
  /** Of all its writes. */
  attempted = 0;
  lastInvokeNs = 0;
  /** Of the records that the deciding scan returned: when the first one came. */
  firstReadNs = Infinity;
  /** Records that other scans than the deciding one returned. */
  earlierReads = 0;

  constructor(partition: number, index: number, scan: ScanEvent | null) {
    this.partition = partition;
    this.index = index;
    this.scan = scan;
    this.decidingScan = scan?.scan ?? -1;
  }

  /** Makes empty slots that are wide enough for the ids of the run. */
  openSlots(kind: SlotKind, sparseKeysMax: number): void {
    this.slots = new PagedColumn(kind, sparseKeysMax);
    this.marks = new PagedColumn('uint8', sparseKeysMax);
  }

  /** Whether the deciding scan read all that there was to read. */
  get covered(): boolean {
    return this.scan?.covered === true;
  }

  /** Whether the deciding scan began while writers were still at it, so that its reads have something to say of time. */
  get readWhileWritten(): boolean {
    return this.firstReadNs < this.lastInvokeNs;
  }

  /** Adds marks to an offset; false when it had all of them. */
  mark(offset: number, bits: number): boolean {
    const before = this.marks.get(offset);
    if ((before & bits) === bits) return false;
    this.marks.set(offset, before | bits);
    return true;
  }
}

/** What a slot code takes: see `Examination.openSlots`. */
export type SlotKind = 'uint32' | 'float64';

/** Slot codes: a record that is none of this run's values, or a value by its id. */
export const FOREIGN = 1;
export const FIRST_VALUE = 2;

/**
 * The deciding scan, or where it left something out another final one, returned the slot's value at this offset; else
 * only an acknowledgement or another reader says so.
 */
export const BY_SCAN = 1;
/** Somebody says that another value is there. */
export const DIVERGENT = 2;
/** And that was counted. */
export const DIVERGENT_COUNTED = 4;
export const PHANTOM = 8;
/** Another value of the slot's worker was acknowledged here: was it the client's mistake? */
export const RIVALLED = 16;
/** The deciding scan had returned the slot's value before, at another offset. */
export const COPY = 32;
