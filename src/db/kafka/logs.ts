import { NS_PER_MS, wallClockMs, type Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/failure.ts';
import type { ClockOffset, RemoteFiles } from '../../control/remote.ts';
import type { Event } from '../../history/event.ts';
import { gapTeller } from '../../history/gaps.ts';
import { nodeClock } from './node-clock.ts';
import { logInterpreter, parseLogLine, reasonLine, type LogLine, type LogSource } from './log-lines.ts';

/** A node's log that grows while it is read. */
export interface WatchedLog extends LogSource {
  files: RemoteFiles;
  file: string;
  /** Where to begin; at its beginning if absent. */
  fromByte?: number;
  /** How far the clock of its lines is ahead of this machine's. */
  clockOffset: () => Promise<ClockOffset>;
}

const POLL_MS = 200;
const CHUNK_BYTES = 256 * 1024;
/** A clock that is disciplined does not move so far between two looks. */
const JUMP_MS_MIN = 500;

/**
 * Follows the nodes' logs and tells what they tell, at the time that stands in their lines, as
 * this machine's clock would have told it: where a node has a clock of its own, the two are compared all along. A log that
 * cannot be read is tried again from where it stopped; until then there is a gap.
 * @returns a function that stops it.
 */
export function watchLogs(options: {
  logs: readonly WatchedLog[];
  clock: Clock;
  sink: (event: Event) => void;
}): () => void {
  const { clock, sink } = options;
  const stopped = new AbortController();
  for (const log of options.logs) {
    follow(log, clock, sink, stopped.signal).catch((error: unknown) => {
      const text = `The log of ${log.node} is no longer watched: ${messageOf(error)}`;
      sink({ type: 'note', timeNs: clock.nowNs(), about: 'warning', text });
    });
  }
  return () => stopped.abort();
}

async function follow(
  log: WatchedLog,
  clock: Clock,
  sink: (event: Event) => void,
  signal: AbortSignal,
): Promise<void> {
  const interpret = logInterpreter(log);
  const gaps = gapTeller({ watch: 'log', node: log.node, clock, record: sink, resumes: true });
  const lines = growingLines(log);
  const { node, clockOffset: compare } = log;
  const theirs = nodeClock({ node, compare, clock, tell: sink });
  const startedMs = () => wallClockMs() - clock.nowNs() / NS_PER_MS;
  let runStartedMs = startedMs();
  /** When there was nothing more to read. */
  let readNs = 0;
  /** Whether the two clocks of this machine have moved against each other since then. */
  let hasJumped = false;
  /** When the last line with a time was written, by the node's clock. */
  let lastMs: number | null = null;
  while (!signal.aborted) {
    let fresh: string[];
    let offsetNs: number;
    const readingNs = clock.nowNs();
    try {
      offsetNs = await theirs.offsetNs();
      fresh = await lines.next();
    } catch (error) {
      gaps.missed(messageOf(error));
      await clock.sleep(POLL_MS, signal);
      continue;
    }
    gaps.observed();
    // The machine was asleep, or its clock was set: these lines may have been written before that or after.
    const nowStartedMs = startedMs();
    if (Math.abs(nowStartedMs - runStartedMs) > JUMP_MS_MIN) {
      hasJumped = true;
      theirs.forget();
    }
    runStartedMs = nowStartedMs;
    for (const line of fresh) {
      const parsed: LogLine | null = parseLogLine(line) ?? reasonLine(line, lastMs);
      if (parsed === null) continue;
      lastMs = parsed.wallMs;
      const saidNs = Math.round((parsed.wallMs - runStartedMs) * NS_PER_MS - offsetNs);
      const timeNs = hasJumped ? within(saidNs, readNs, clock.nowNs()) : Math.max(0, saidNs);
      for (const told of interpret(parsed.text)) sink({ ...told, timeNs });
    }
    if (fresh.length > 0) continue;
    readNs = readingNs;
    hasJumped = false;
    await clock.sleep(POLL_MS, signal);
  }
}

const within = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** The whole lines that were added since the last call; none while the file is not there yet. */
export function growingLines({
  files,
  file,
  fromByte = 0,
}: Pick<WatchedLog, 'files' | 'file' | 'fromByte'>): {
  next(): Promise<string[]>;
} {
  let position = fromByte;
  /** Bytes after the last line break: the rest of them is still being written. */
  let rest = Buffer.alloc(0);

  return {
    async next() {
      const added = await files.read(file, { byte: position, maxBytes: CHUNK_BYTES });
      if (added === null) return [];
      // Only now: what fails before is read again.
      position += added.length;
      const text = Buffer.concat([rest, added]);
      const end = text.lastIndexOf(0x0a) + 1;
      rest = text.subarray(end);
      return end === 0 ? [] : text.toString('utf8', 0, end - 1).split('\n');
    },
  };
}
