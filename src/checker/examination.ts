import type { LogEvent } from '../history/event.ts';
import type { Run } from '../history/run.ts';
import { LossCauses } from './attribution.ts';
import type { FaultSpan } from './faults.ts';
import { Findings } from './grouping.ts';
import { leadershipsOf, type Leadership } from './leadership.ts';
import { PagedColumn } from './paged.ts';
import { PartitionLog } from './partition.ts';
import { PowerLosses } from './power.ts';
import { FINDING_KINDS, type Counts } from './result.ts';
import { decidingScans } from './scans.ts';
import { ValueTable } from './values.ts';

/** What the passes over a history share: the questions write here what they found out. */
export class Examination {
  readonly run: Run;
  readonly counts: Counts = emptyCounts();
  readonly findings = new Findings();
  /** Why the run may prove less than it seems to, in sentences. */
  readonly doubts: string[] = [];
  faults: readonly FaultSpan[] = [];
  readonly power: PowerLosses;
  readonly leadershipOf: (partition: number) => Leadership;
  /** What the brokers' own logs tell of tails that were cut off. */
  readonly truncations: readonly (LogEvent & { truncatedTo: number })[];
  readonly values = new ValueTable();
  /** By value id: the index of its partition's log. */
  readonly homes = new PagedColumn('uint16');
  /** Whether some write was begun while a fault was in force. */
  testedUnderFault = false;
  /** Writes with more than one row. */
  repeated = 0;
  /** Readable records of this run without a write, where rows of writes may be missing. */
  unexplained = 0;
  /** Acknowledged or sent writes out of place, and failed ones in it: worth a closer look. */
  suspicious = 0;
  /** Whether rows may be missing that were once there. */
  writesIncomplete = false;
  readsIncomplete = false;

  readonly #scans: ReturnType<typeof decidingScans>;
  readonly #logs = new Map<number, PartitionLog>();
  readonly #nearLogs: (PartitionLog | undefined)[] = [];
  readonly #causes = new Map<PartitionLog, LossCauses>();
  #slotKind: 'uint32' | 'float64' = 'uint32';

  constructor(run: Run) {
    this.run = run;
    this.power = new PowerLosses(run.events, run.info.kafkaMode);
    this.leadershipOf = leadershipsOf(run.events, run.info.nodes, this.power);
    this.truncations = run.events.filter(
      (event): event is LogEvent & { truncatedTo: number } =>
        event.type === 'log' && event.truncatedTo !== undefined,
    );
    this.#scans = decidingScans(run.events);
  }

  /** Every partition that was met so far, by number. */
  get logs(): PartitionLog[] {
    return [...this.#logs.values()].toSorted((a, b) => a.partition - b.partition);
  }

  logOf(partition: number): PartitionLog {
    return this.#nearLogs[partition] ?? this.#logs.get(partition) ?? this.#newLog(partition);
  }

  #newLog(partition: number): PartitionLog {
    if (this.#logs.size >= PARTITIONS_MAX) throw new RangeError(`more than ${PARTITIONS_MAX} partitions`);
    const log = new PartitionLog(
      partition,
      this.#logs.size,
      this.#scans.get(partition) ?? null,
      this.#slotKind,
    );
    this.#logs.set(partition, log);
    if (partition >= 0 && partition < PARTITIONS_MAX) this.#nearLogs[partition] = log;
    return log;
  }

  causesOf(log: PartitionLog): LossCauses {
    let causes = this.#causes.get(log);
    if (causes === undefined) {
      causes = new LossCauses(
        this.leadershipOf(log.partition),
        this.run.info.contract,
        this.faults,
        this.power,
      );
      this.#causes.set(log, causes);
    }
    return causes;
  }

  /** All writes are known: from now on offsets are filled, with as many bytes as the ids need. */
  openSlots(): void {
    if (this.values.pages < NARROW_PAGES_MAX / 2) return;
    this.#slotKind = 'float64';
    for (const log of this.#logs.values()) log.slots = new PagedColumn('float64');
  }

  /** Whether a value that nobody wrote can have an id, so that it can be told from another one. */
  get hasRoomForStrangers(): boolean {
    return this.#slotKind === 'float64' || this.values.pages < NARROW_PAGES_MAX;
  }
}

const PARTITIONS_MAX = 65_535;
/** Ids of so many pages fit into 32 bits. */
const NARROW_PAGES_MAX = 65_535;

function emptyCounts(): Counts {
  const counts: Record<string, number> = { attempted: 0, ok: 0, sent: 0, fail: 0, info: 0, found: 0 };
  for (const kind of FINDING_KINDS) counts[kind] = 0;
  counts['info-found'] = 0;
  return counts as unknown as Counts;
}
