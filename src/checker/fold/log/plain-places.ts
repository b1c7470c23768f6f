import type { EndBounds } from '../../facts/end-bounds.ts';
import type { Read, Write } from '../../../history/write.ts';

/** What is said about one offset. */
export interface Place {
  offset: number;
  writes: Write[];
  reads: Read[];
}

/** What stands at the offsets of a partition, ascending. */
export function placesOf(writes: readonly Write[], reads: readonly Read[]): Place[] {
  const places = new Map<number, Place>();
  const at = (offset: number): Place => {
    let place = places.get(offset);
    if (place === undefined) places.set(offset, (place = { offset, writes: [], reads: [] }));
    return place;
  };
  for (const write of writes) if (write.offset !== null) at(write.offset).writes.push(write);
  for (const read of reads) at(read.offset).reads.push(read);
  return [...places.values()].toSorted((a, b) => a.offset - b.offset);
}

/**
 * Which places say nothing but of themselves: a write that was acknowledged once, and that every reader was given there and
 * nowhere else; nobody knew of it before something below it was sent, and no end offset contradicts it. Beside every other
 * place stands its witness, which is not told either: of the plain places below it the first of those that were sent last.
 * @param options.isSettled whether a place was read by the scan that decides, and all others too that had to.
 */
export function plainPlaces(
  places: readonly Place[],
  options: {
    isSettled: (place: Place) => boolean;
    isOddValue: (write: Write) => boolean;
    /** When the values that were read here were sent. */
    calledNs: (read: Read) => number;
    ends: EndBounds | null;
  },
): Place[] {
  const { isSettled, isOddValue, calledNs, ends } = options;
  const plain: Place[] = [];
  const witnesses = new Set<Place>();
  let calledBefore = -Infinity;
  let witness: Place | null = null;
  for (const place of places) {
    const { writes, reads, offset } = place;
    for (const { invokeNs } of writes) calledBefore = Math.max(calledBefore, invokeNs);
    for (const read of reads) calledBefore = Math.max(calledBefore, calledNs(read));
    ends?.goTo(offset);
    const [write] = writes;
    const isPlain =
      writes.length === 1 &&
      !isOddValue(write!) &&
      isSettled(place) &&
      knownNs(place) >= Math.max(calledBefore, ends?.absentNs ?? -Infinity) &&
      (ends?.presentNs ?? Infinity) >= calledBefore;
    if (!isPlain) {
      if (witness !== null) witnesses.add(witness);
      continue;
    }
    plain.push(place);
    if (witness === null || write!.invokeNs > witness.writes[0]!.invokeNs) witness = place;
  }
  // Of what is still to come above.
  if (witness !== null) witnesses.add(witness);
  return plain.filter((place) => !witnesses.has(place));
}

function knownNs({ writes, reads }: Place): number {
  let known = writes[0]!.completeNs ?? Infinity;
  for (const { timeNs } of reads) if (timeNs > 0) known = Math.min(known, timeNs);
  return known;
}
