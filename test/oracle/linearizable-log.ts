/**
 * A partition as a linearizable log, by trying every order of the operations: the slow twin of the checker's sweep.
 *
 * State: a map from offsets to values, and `next`. An append at offset o is legal if o ≥ next, and sets next to o + 1.
 * A read at o is legal if something stands there. An end at h is legal if h ≥ next, and sets next to h: what comes
 * later stands behind it. An order counts only if it respects real time: what had returned
 * before something else was invoked comes before it.
 */
export interface LogOperation {
  /** `append`: the record is at this offset in the end, whoever knew of it. */
  kind: 'append' | 'read' | 'end';
  offset: number;
  callNs: number;
  /** Infinity when nobody was told. */
  retNs: number;
}

export function isLinearizableLog(operations: readonly LogOperation[]): boolean {
  const search = (left: readonly LogOperation[], there: ReadonlySet<number>, next: number): boolean => {
    if (left.length === 0) return true;
    return left.some((operation) => {
      const mustWait = left.some((other) => other !== operation && other.retNs < operation.callNs);
      if (mustWait) return false;
      const rest = left.filter((other) => other !== operation);
      const { kind, offset } = operation;
      if (kind === 'append') return offset >= next && search(rest, new Set([...there, offset]), offset + 1);
      if (kind === 'end') return offset >= next && search(rest, there, offset);
      return there.has(offset) && search(rest, there, next);
    });
  };
  return search(operations, new Set(), 0);
}
