/** The name of everything in a run directory. Nothing else in the project spells one of them. */

/** What ran: scenario, seed, versions, status. */
export const RUN_FILE = 'run.json';
/** A row per write. */
export const WRITES_FILE = 'writes.arrow';
/** A row per record that a scan or a consumer was given. */
export const READS_FILE = 'reads.arrow';
/** A row per end offset that a broker gave. In older runs each of them is a line among the events. */
export const ENDS_FILE = 'ends.arrow';
/** A row per transaction, and one per marker that a scan found; absent where nothing is written in transactions. */
export const TRANSACTIONS_FILE = 'transactions.arrow';
export const MARKERS_FILE = 'markers.arrow';
/** A line per event. */
export const EVENTS_FILE = 'events.ndjson';

/** First what is planned; once the run is over, what the nemesis did. */
export const SCHEDULE_FILE = 'schedule.json';
/** What an imported file said beyond what a history holds. */
export const EXTRAS_FILE = 'extras.ndjson';
/** Configuration and logs of each node are in a directory of its own below this one. */
export const NODES_DIRECTORY = 'nodes';
/** While a run lasts: what people do by hand, for the run to record it. */
export const MARKS_FILE = 'marks.ndjson';
/** While a real run lasts: its plan, for the command inside the lab. */
export const PLAN_FILE = 'plan.json';

/** What a check makes: the result, the picture, and on request each record with a finding. */
export const RESULTS_FILE = 'results.json';
export const TIMELINE_FILE = 'timeline.svg';
/** The story of a run that shrinking has left, in numbered sentences. */
export const STORY_FILE = 'story.txt';
export const FULL_LISTS_FILE = 'findings.ndjson';
/** What an export to Parquet makes: what ran and how many rows there are, and comes last; the events; and the tables. */
export const TABLES_FILE = 'tables.json';
export const ENDS_TABLE = 'ends.parquet';
/** Directories with one for each partition, and parts in it. */
export const WRITES_TABLE = 'writes';
export const READS_TABLE = 'reads';
/** The same of a history with transactions: a file, and a directory like those. */
export const TRANSACTIONS_TABLE = 'transactions.parquet';
export const MARKERS_TABLE = 'markers';
export const partitionDirectory = (partition: number) => `partition=${partition}`;
export const partFile = (number: number) => `part-${String(number).padStart(5, '0')}.parquet`;
/** Of the tables of a soak: its periods, and in a directory for each history that is there the tables of it. */
export const SEGMENTS_FILE = 'segments.json';
export const segmentDirectory = (segment: number) => `segment=${segment}`;
/** Where the tables of a run are, unless another directory is named. */
export const TABLES_DIRECTORY = 'tables';

/** Of a directory that holds the runs of a repeat: what is repeated, and how often. */
export const REPEAT_FILE = 'repeat.json';
/** What is known of all its runs: for people, for spreadsheets, for programs. */
export const SUMMARY_FILES = { markdown: 'summary.md', csv: 'summary.csv', json: 'summary.json' } as const;

/** Of a directory that holds the periods of a soak: what is soaked, and a line for each period that was judged. */
export const SOAK_FILE = 'soak.json';
export const LEDGER_FILE = 'periods.ndjson';
/** What the brokers of a soak have on their disks, where memory would not last; gone with its end. */
export const BROKER_DATA_DIRECTORY = 'broker-data';
/** The directory of a period is this with its number. */
export const PERIOD_PREFIX = 'period-';

/** The files that make up a history. */
export const HISTORY_FILES = [
  RUN_FILE,
  WRITES_FILE,
  READS_FILE,
  ENDS_FILE,
  TRANSACTIONS_FILE,
  MARKERS_FILE,
  EVENTS_FILE,
] as const;

/** Metadata of a batch: the names of its columns, with blanks between them. Format 1 has none, and its columns a fixed order. */
export const COLUMN_NAMES_KEY = 'kept.columns';
/** Metadata of a batch of writes or transactions: the names of errors, as a JSON array that the column `error` indexes. */
export const ERROR_NAMES_KEY = 'kept.errors';
