import type { ControllerEvent, LogEvent, ViewEvent } from '../../history/event.ts';
import { DISK_FULL } from './diagnose.ts';
import { orderOf } from './recipes.ts';

/**
 * What a node's own log tells of elections, replicas and lost tails. The wording changed over the years:
 *
 * - a leader says from which offset its epoch starts: `t-0 starts at Leader Epoch 1 from offset 21` (2.x), `Leader
 *   t-0 ... starts at leader epoch 1 from offset 21 ..., ISR [3,1]` (3.x and 4.x);
 * - in 2.x a leader's ISR stands only in the request that made it one, which is logged at the level TRACE;
 * - a leader of 2.x changes the ISR and says so (`Shrinking ISR from 1,2,3 to 1`); a later one announces it with the
 *   same words, asks the controller, and only what follows (`ISR updated to 1,2,3`) is true. A zombie never gets there.
 * - `Truncating to offset 21` is a cut that was made; the lines around it are about the intention.
 */
export type LogTold = Untimed<ViewEvent> | Untimed<ControllerEvent> | Untimed<LogEvent>;
type Untimed<T> = Omit<T, 'timeNs'>;

export interface LogSource {
  node: string;
  /** Broker or controller id; null for ZooKeeper. */
  id: number | null;
  topic: string;
  kafkaVersion: string;
}

export interface LogLine {
  /** Milliseconds since the Unix epoch, by the node's clock. */
  wallMs: number;
  /** Without time stamp. */
  text: string;
}

/** Null for a line that belongs to the one before it, such as a line of a stack trace. */
export function parseLogLine(line: string): LogLine | null {
  const match = /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\] (.*)$/.exec(line);
  return match === null ? null : { wallMs: Date.parse(match[1]!), text: match[2]! };
}

/**
 * A line without a time of its own that is worth telling all the same: Kafka names the file that it could not write in a line, and
 * the reason in the stack trace below. @param wallMs of the line that it belongs to.
 */
export function reasonLine(line: string, wallMs: number | null): LogLine | null {
  return wallMs !== null && DISK_FULL.test(line) ? { wallMs, text: line.trim() } : null;
}

/** Reads the lines of one log in their order; it remembers the epochs and replicas that later lines leave out. */
export function logInterpreter(source: LogSource): (text: string) => LogTold[] {
  const known = new Map<number, { epoch: number | null; isr: number[] }>();
  const observer = `log:${source.node}`;
  const isrIsFinal = orderOf(source.kafkaVersion) < ALTER_PARTITION_SINCE;
  const partitionOf = partitionFinder(source.topic);
  /** Of a full disk every request and every thread speaks. */
  let hasToldFull = false;

  function log(text: string, more: Partial<LogEvent> = {}): LogTold {
    return { type: 'log', node: source.node, text: text.slice(0, TEXT_LENGTH_MAX), ...more };
  }

  function view(partition: number, startOffset?: number): LogTold {
    const { epoch, isr } = known.get(partition)!;
    const start = startOffset === undefined ? {} : { startOffset };
    return { type: 'view', observer, partition, leader: source.id ?? -1, epoch, isr, ...start };
  }

  function interpretPartition(text: string, partition: number): LogTold[] {
    const before = known.get(partition) ?? { epoch: null, isr: [] };
    const leads = LEADER_STARTS.exec(text);
    if (leads) {
      const told = ISR_OF_LEADER.exec(text);
      known.set(partition, { epoch: Number(leads[1]), isr: told ? numbers(told[1]!) : before.isr });
      return [log(text, { partition }), view(partition, Number(leads[2]))];
    }
    const requested = LEADER_REQUEST.exec(text);
    if (requested) {
      known.set(partition, { ...before, isr: numbers(requested[1]!) });
      return [];
    }
    const truncated = TRUNCATED.exec(text);
    if (truncated) return [log(text, { partition, truncatedTo: Number(truncated[1]) })];
    const changed = ISR_UPDATED.exec(text) ?? (isrIsFinal ? ISR_CHANGES.exec(text) : null);
    if (changed) {
      known.set(partition, { ...before, isr: numbers(changed[1]!) });
      return [log(text, { partition }), view(partition)];
    }
    return [ISR_CHANGES, UNCLEAN, NOTABLE].some((pattern) => pattern.test(text))
      ? [log(text, { partition })]
      : [];
  }

  return (text) => {
    if (DISK_FULL.test(text)) {
      if (hasToldFull) return [];
      hasToldFull = true;
      return [log(text)];
    }
    const partition = partitionOf(text);
    if (partition !== null) return interpretPartition(text, partition);
    const elected = ELECTED_CONTROLLER.exec(text);
    if (elected)
      return [log(text), { type: 'controller', observer, controller: Number(elected[1] ?? elected[2]) }];
    return NOTABLE.test(text) ? [log(text)] : [];
  };
}

/** KIP-497: since 2.7 the controller decides about the ISR, on the leader's request. */
const ALTER_PARTITION_SINCE = 2_07_00;
const TEXT_LENGTH_MAX = 500;

const LEADER_STARTS = /starts at Leader Epoch (\d+) from offset (\d+)(?!.*Current leader is)/i;
const ISR_OF_LEADER = /ISR \[([\d, ]*)\]/;
const LEADER_REQUEST = /Received LeaderAndIsr request PartitionState\(.*?\bisr=\[?([\d, ]*)\]?, /;
const TRUNCATED = /Truncating to offset (\d+)/;
const ISR_UPDATED = /ISR updated to (\d[\d, ]*)/;
const ISR_CHANGES = /(?:Shrinking|Expanding) ISR from [\d, ]* to ([\d,]*)/;
const UNCLEAN = /UNCLEAN partition change|unclean leader election/;
const ELECTED_CONTROLLER =
  /\[Controller id=\d+\] (\d+) successfully elected as the controller|\[QuorumController id=(\d+)\] Becoming the active controller/;
const NOTABLE =
  /\] Resigned|Kafka Server started|\[KafkaServer id=\d+\] (started|shut down completed)|Stopping serving (logs|replicas) in dir|Error while (appending|flushing|renaming)/;

/** The first partition of the topic that a line names, whatever punctuation stands around it. */
function partitionFinder(topic: string): (text: string) => number | null {
  const pattern = new RegExp(`(?<![\\w.-])${topic.replaceAll('.', '\\.')}-(\\d+)(?![\\w.-]*[\\w-])`);
  return (text) => {
    const match = pattern.exec(text);
    return match === null ? null : Number(match[1]);
  };
}

function numbers(list: string): number[] {
  return list
    .split(',')
    .filter((item) => item.trim() !== '')
    .map(Number);
}
