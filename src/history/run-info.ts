import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, Failure } from '../core/failure.ts';
import { atPath } from '../core/paths.ts';
import { PACKED_SUFFIX } from './columns/packed-file.ts';
import type { Damages } from './damage.ts';
import { ENDS_FILE, EVENTS_FILE, READS_FILE, REPEAT_FILE, RUN_FILE, WRITES_FILE } from './layout.ts';
import type { RunInfo } from './run.ts';
import { FORMAT_VERSIONS, isKnownVersion, readRunFile, UNSEALED } from './recorder/run-file.ts';

/**
 * What ran, from run.json or, when that is damaged, from its copy among the events.
 * @throws Failure when neither says, or when they are of a version that this program does not know.
 */
export function resolveInfo(path: string, copy: RunInfo | null, damages: Damages): RunInfo {
  const file = join(path, RUN_FILE);
  const read = readRunFile(file);
  if (read.state === 'whole') return read.info;
  if (copy !== null && !isKnownVersion(copy.version)) throw foreign(path, copy.version);
  // A changed digit makes a version as well: without a checksum that fits, the copy is believed, which has one.
  const isChanged = read.state === 'foreign' && !read.isSealed && copy !== null;
  const found = isChanged ? ({ state: 'corrupt', reason: UNSEALED } as const) : read;
  if (found.state === 'foreign') throw foreign(path, found.version);
  if (copy !== null) {
    const detail = `The file is ${found.state === 'missing' ? 'missing' : `damaged: ${found.reason}`}. Its copy in ${EVENTS_FILE} was used.`;
    damages.add({ file, kind: found.state, detail });
    return copy;
  }
  const names = new Set(atPath(path, 'read', () => readdirSync(path)));
  if (
    found.state === 'missing' &&
    ![EVENTS_FILE, WRITES_FILE, READS_FILE, ENDS_FILE].some(
      (name) => names.has(name) || names.has(`${name}${PACKED_SUFFIX}`),
    )
  ) {
    throw new Failure(`the directory ${path} is not a run: it has no ${RUN_FILE}`, {
      hint: names.has(REPEAT_FILE)
        ? `it holds the runs of a repeat: name one of them, or ask about all with "kept compare ${path}"`
        : [...names].some((name) => /^run-\d+$/.test(name))
          ? `it is a store: name one of its runs`
          : 'name a directory such as store/run-1',
      exitStatus: EXIT.usage,
    });
  }
  const reason = found.state === 'missing' ? 'is missing' : `is damaged: ${found.reason}`;
  throw new Failure(
    `the file ${file} ${reason}, and so is its copy in ${EVENTS_FILE}: what ran is no longer known`,
    {
      hint: `restore ${RUN_FILE} from a backup; nothing can be decided without it`,
    },
  );
}

function foreign(path: string, version: unknown): Failure {
  return new Failure(
    `the run ${path} was recorded in version ${String(version)} of the format; this program reads ${FORMAT_VERSIONS.map((each) => `version ${each}`).join(' and ')}`,
    {
      hint: 'use the version of kept that recorded it, or a newer one',
      exitStatus: EXIT.usage,
    },
  );
}
