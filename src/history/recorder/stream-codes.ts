import { MARKER_KINDS, TRANSACTION_ENDS, TRANSACTION_OUTCOMES } from '../transaction.ts';
import { INTEGRITIES, OUTCOMES } from '../write.ts';

/** What the codes in a file's columns mean, for people and other tools: the words by their codes, in the stream's metadata. */
export const STREAM_CODES = {
  writes: { 'kept.outcomes': OUTCOMES.join(' ') },
  reads: { 'kept.integrities': INTEGRITIES.join(' ') },
  ends: {},
  transactions: {
    'kept.ends': TRANSACTION_ENDS.join(' '),
    'kept.outcomes': TRANSACTION_OUTCOMES.join(' '),
  },
  markers: { 'kept.kinds': MARKER_KINDS.join(' ') },
} as const;
