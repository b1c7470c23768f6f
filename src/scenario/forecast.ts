import type { Scenario } from './schema.ts';
import { largestLoad } from './soak-load.ts';

/** What a run will need, estimated before it begins. */
export interface Forecast {
  records: number;
  /** False at full speed, where it is unknown how many there will be. */
  isKnown: boolean;
  /** What the brokers keep of them, all replicas together. */
  logBytes: number;
  /** What the run directory needs. */
  historyBytes: number;
}

/** Beyond its value a record takes so much in a broker's log and index: 198 bytes with a value of 128, alone in a batch. */
const RECORD_OVERHEAD_BYTES = 12;
const BATCH_OVERHEAD_BYTES = 58;
/** The columns of a write, and of a record that was read. */
const WRITE_ROW_BYTES = 60;
const READ_ROW_BYTES = 40;
/** Members of a group read each record once together, and again what was not committed when one of them went. */
const GROUP_READS = 2;
/** What eight workers reach on a small machine: of requests, and of writes where a request has many. */
const FULL_SPEED_REQUESTS = 5_000;
const FULL_SPEED_WRITES = 50_000;

/** Topics of a soak that are there at once: of the period that goes on, of the one that is judged, of one that is being deleted. */
const SOAK_TOPICS = 3;

/** Of a soak: what it needs at any time, however long it goes on, if its largest period were the rule. */
export function forecastOf(scenario: Scenario): Forecast {
  if (scenario.soak === undefined) return forecastOfRun(scenario);
  const one = forecastOfRun({ ...scenario, load: largestLoad(scenario.load) });
  return { ...one, logBytes: SOAK_TOPICS * one.logBytes, historyBytes: SOAK_TOPICS * one.historyBytes };
}

function forecastOfRun({ load, phases, topic, consumers, group }: Scenario): Forecast {
  const seconds = (phases.warmUpMs + phases.faultsMs + phases.recoveryMs) / 1_000;
  const { recordsPerRequest } = load;
  const fullSpeed = Math.min(FULL_SPEED_REQUESTS * recordsPerRequest, FULL_SPEED_WRITES);
  const { script } = load;
  const scripted = script?.reduce((sum, step) => sum + (step.do === 'write' ? step.records : 0), 0);
  const records = scripted ?? load.count ?? Math.ceil((load.ratePerSecond ?? fullSpeed) * seconds);
  const overheadBytes = RECORD_OVERHEAD_BYTES + BATCH_OVERHEAD_BYTES / recordsPerRequest;
  return {
    records,
    isKnown: scripted !== undefined || load.count !== undefined || load.ratePerSecond !== null,
    logBytes: Math.ceil(records * topic.replicationFactor * (load.recordBytes + overheadBytes)),
    historyBytes:
      records *
      (WRITE_ROW_BYTES + READ_ROW_BYTES * (1 + consumers + (group === undefined ? 0 : GROUP_READS))),
  };
}
