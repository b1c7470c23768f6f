import type { Model } from '../model.ts';

/** A lock, free at first: `acquire` needs it free, `release` needs it held. Who holds it does not matter. */
export const mutex: Model = {
  name: 'mutex',
  operations: ['acquire', 'release'],
  fault: () => null,
  open: () => ({
    start: 'free',
    step(state, { f }) {
      if (f === 'acquire') return state === 'free' ? 'held' : null;
      return state === 'held' ? 'free' : null;
    },
    observes: () => false,
    letter: ({ f }) => f,
  }),
};
