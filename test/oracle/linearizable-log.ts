/**
 * A partition as a linearizable log, by trying every order of the operations: the slow twin of the checker's sweep.
 *
 * State: a map from offsets to values, and `next`. An append at offset o is legal if o ≥ next, and sets next to o + 1.
 * A read at o is legal if something stands there. An end at h is legal if h ≥ next, and sets next to h: what comes
 * later stands behind it. An order counts only if it respects real time: what had returned before something else was
 * invoked comes before it.
 *
 * In a dense log an append must take the offset `next`, and an end must be `next`. There it may be unknown where an
 * append went, or whether it took place: with offset -1 it takes whatever is next, or is left out.
 */
export interface LogOperation {
  /** `append`: the record is at this offset in the end, whether or not that was known. */
  kind: 'append' | 'read' | 'end';
  /** -1 for an append of which it is unknown where it went. */
  offset: number;
  callNs: number;
  /** Infinity when no client was told. */
  retNs: number;
}

export function isLinearizableLog(
  operations: readonly LogOperation[],
  { dense = false }: { dense?: boolean } = {},
): boolean {
  const all = 2 ** operations.length - 1;
  const tried = new Set<string>();
  const isThere = (done: number, offset: number) =>
    operations.some(
      (other, at) => (done & (1 << at)) !== 0 && other.kind === 'append' && other.offset === offset,
    );
  const search = (done: number, next: number): boolean => {
    if (done === all) return true;
    if (tried.has(`${done}/${next}`)) return false;
    tried.add(`${done}/${next}`);
    return operations.some(({ kind, offset, callNs }, index) => {
      if ((done & (1 << index)) !== 0) return false;
      const mustWait = operations.some(
        (other, at) => at !== index && (done & (1 << at)) === 0 && other.retNs < callNs,
      );
      if (mustWait) return false;
      const after = done | (1 << index);
      if (kind === 'read') return isThere(done, offset) && search(after, next);
      if (kind === 'end') return (dense ? offset === next : offset >= next) && search(after, offset);
      if (offset < 0) return search(after, next + 1) || search(after, next);
      return (dense ? offset === next : offset >= next) && search(after, offset + 1);
    });
  };
  return search(0, 0);
}
