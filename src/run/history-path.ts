import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { atPath, statOf } from '../core/paths.ts';
import { isRegular } from '../core/regular-file.ts';
import { clause } from '../core/words.ts';
import { openRun } from '../history/directory.ts';
import type { JepsenIsolation } from '../history/interchange/jepsen-kafka.ts';
import { HISTORY_FILES } from '../history/layout.ts';
import type { Run } from '../history/run.ts';

const NAMES: ReadonlySet<string> = new Set(HISTORY_FILES);

export interface HowToRead {
  /** `isolation.level` of the consumers of a history in EDN, which does not tell it. */
  isolation?: JepsenIsolation | undefined;
}

/** A run directory, or a history of one file, as a run. */
export async function openHistory(path: string, how: HowToRead = {}): Promise<Run> {
  if (isHistoryFile(path)) return readHistoryFile(path, how);
  assertTakesIsolation(path, how);
  return openRun(path);
}

function assertTakesIsolation(path: string, { isolation }: HowToRead): void {
  if (isolation === undefined || EDN.test(path)) return;
  throw new Failure(`the history ${path} tells itself what its readers were to be given`, {
    hint: 'leave --isolation out; it is for histories of Jepsen in EDN',
    exitStatus: EXIT.usage,
  });
}

const EDN = /\.edn(\.gz)?$/;

/**
 * NDJSON, or where the name ends in `.edn` a history of Jepsen's Kafka workload; packed by gzip or not, and `-` for
 * what comes through standard input. What is packed or piped is held in memory.
 */
export async function readHistoryFile(path: string, how: HowToRead = {}): Promise<Run> {
  assertTakesIsolation(path, how);
  const content = contentOf(path);
  if (!EDN.test(path)) {
    const { readInterchange } = await import('../history/interchange/read.ts');
    return readInterchange(path, content);
  }
  const [{ ednEntries }, { readJepsenKafka }] = await Promise.all([
    import('../linear/format/edn.ts'),
    import('../history/interchange/jepsen-kafka.ts'),
  ]);
  const entries = ednEntries((content ?? readFileSync(path)).toString());
  function* all() {
    for (let entry = entries.next(); entry !== undefined; entry = entries.next()) yield entry;
  }
  try {
    return readJepsenKafka(all(), path, how);
  } catch (error) {
    if (!(error instanceof Failure) || error.exitStatus === EXIT.usage) throw error;
    throw new Failure(`the history ${path} cannot be read: ${error.message}`, {
      hint: error.hint || 'it must be EDN, as Jepsen writes it',
      exitStatus: EXIT.usage,
      cause: error,
    });
  }
}

/** The bytes of what is packed or piped; undefined where the file can be read as it is. */
function contentOf(path: string): Buffer | undefined {
  if (path !== '-' && !isPacked(path)) return undefined;
  const bytes = atPath(path, 'read', () => readFileSync(path === '-' ? 0 : path));
  if (bytes[0] !== GZIP[0] || bytes[1] !== GZIP[1]) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new Failure(`the history ${path} cannot be unpacked: ${clause(messageOf(error))}`, {
      hint: 'was it copied while it was being written?',
      exitStatus: EXIT.usage,
      cause: error,
    });
  }
}

const GZIP = [0x1f, 0x8b];

function isPacked(path: string): boolean {
  if (!isRegular(path)) return false;
  return atPath(path, 'read', () => {
    const file = openSync(path, 'r');
    try {
      const head = Buffer.alloc(2);
      return readSync(file, head) === 2 && head[0] === GZIP[0] && head[1] === GZIP[1];
    } finally {
      closeSync(file);
    }
  });
}

/** Whether the path is a history of one file. A file of a run directory is none: `openRun` says what to name instead. */
export function isHistoryFile(path: string): boolean {
  if (path === '-') return true;
  const stat = statOf(path);
  return stat !== null && !stat.isDirectory() && !NAMES.has(basename(path));
}
