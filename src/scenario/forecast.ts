import type { Scenario } from './schema.ts';

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

/** Beyond its value a record takes so much in a broker's log and index: 198 bytes with a value of 128. */
const LOG_OVERHEAD_BYTES = 70;
/** The columns of a write, and of a record that was read. */
const WRITE_ROW_BYTES = 60;
const READ_ROW_BYTES = 40;
/** What eight workers reach on a small machine. */
const FULL_SPEED_PER_SECOND = 5_000;

export function forecastOf({ load, phases, topic, consumers }: Scenario): Forecast {
  const seconds = (phases.warmUpMs + phases.faultsMs + phases.recoveryMs) / 1_000;
  const records = load.count ?? Math.ceil((load.ratePerSecond ?? FULL_SPEED_PER_SECOND) * seconds);
  return {
    records,
    isKnown: load.count !== undefined || load.ratePerSecond !== null,
    logBytes: records * topic.replicationFactor * (load.recordBytes + LOG_OVERHEAD_BYTES),
    historyBytes: records * (WRITE_ROW_BYTES + READ_ROW_BYTES * (1 + consumers)),
  };
}
