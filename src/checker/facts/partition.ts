import type { ScanEvent } from '../../history/event.ts';
import type { Describe } from '../findings/grouping.ts';
import { AckPace } from './ack-pace.ts';
import type { EndBounds } from './end-bounds.ts';
import { PagedColumn } from '../columns/paged.ts';
import { SessionPace } from './session-pace.ts';
import { type SlotKind, Slots } from '../columns/slots.ts';

/**
 * A partition as the history tells it: which value stands at which offset, and who says so. Acknowledgements claim
 * offsets first; what the deciding scan returns takes its offset, whichever write claimed it; then come acknowledgements that
 * found another value there, and other readers. A later source fills an empty slot, and where it says
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
  readonly slots: Slots;
  /** By offset, where something is odd about it: the bits below. */
  readonly marks: PagedColumn<'uint8'>;
  /** By offset: the earliest moment at which a reader had the slot's record, plus one. Only where it matters. */
  readonly readNs = new PagedColumn('float64');
  /** By offset, where two values of one worker met: the life of a leader in which the one that stayed was acknowledged there. */
  rivalTerms: PagedColumn | null = null;
  /** By the code of a term: the highest offset that still holds what was acknowledged there in that term. */
  readonly survivors = new Map<number, number>();
  /** What end offsets say of time; null where they say nothing. */
  ends: EndBounds | null = null;
  /** The order of the acknowledgements: first of all, then, unless that settles it, of those whose value is in place. */
  pace = new AckPace();
  /** Whether the pace of all acknowledgements has settled the order. */
  isPaced = false;
  /** How a write of it is described as an example, alone and with what stands in its place. */
  describe: Describe | null = null;
  describeWithHolder: Describe | null = null;
  /** The order of each worker’s acknowledgements. */
  readonly sessions = new SessionPace();
  /** Acknowledged values that are in the log where they were acknowledged. */
  placed = 0;
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

  constructor(
    partition: number,
    index: number,
    scan: ScanEvent | null,
    { slotKind, sparseKeysMax }: { slotKind: SlotKind; sparseKeysMax: number },
  ) {
    this.partition = partition;
    this.index = index;
    this.scan = scan;
    this.decidingScan = scan?.scan ?? -1;
    this.slots = new Slots(slotKind, sparseKeysMax);
    // Where one record in a hundred is odd, a Map still takes less than a page.
    this.marks = new PagedColumn('uint8', 2 * sparseKeysMax);
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

/** Marks. Somebody says that another value is there. */
export const DIVERGENT = 1;
/** And that was counted. */
export const DIVERGENT_COUNTED = 2;
export const PHANTOM = 4;
/** Another value of the slot's worker was acknowledged here: was it the client's mistake? */
export const RIVALLED = 8;
/** The deciding scan had returned the slot's value before, at another offset. */
export const COPY = 16;
