/**
 * Mutants that live for a reason: their change has no effect that could be observed. A mutant is meant when its file, the
 * original and the replacement are the same, with white space folded.
 */
export interface Explained {
  file: string;
  original: string;
  replacement: string;
  because: string;
}

export const EXPLAINED: readonly Explained[] = [
  {
    file: 'src/runner/consumers.ts',
    original: 'from > bounds.end',
    replacement: 'from >= bounds.end',
    because:
      'An offset between the bounds, these included, went before: one that is the end comes here only if the log began behind its own end.',
  },
];
