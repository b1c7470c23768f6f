/** The files of a run directory that hold its history. */
export const RUN_FILE = 'run.json';
export const WRITES_FILE = 'writes.arrow';
export const READS_FILE = 'reads.arrow';
export const EVENTS_FILE = 'events.ndjson';

/** Metadata of a batch of writes: the names of errors, as a JSON array that the column `error` indexes. */
export const ERROR_NAMES_KEY = 'kept.errors';
