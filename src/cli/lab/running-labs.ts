import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWhole } from '../../core/draft.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import { isAlive, thisProcess, type ProcessIdentity } from '../../core/process-identity.ts';
import { atPath } from '../../core/paths.ts';

/** Which labs of this user run on this machine, so that another terminal finds them. */
export interface RunningLab {
  /** What `kept lab --attach` calls it. */
  name: string;
  /** `Kafka 3.9.1 (zookeeper), netns`. */
  title: string;
  /** The lab's own: its socket, its shell's files. */
  directory: string;
  /** The `kept lab` that a person started. */
  process: ProcessIdentity;
  /** Of a lab in namespaces: the process that holds them, by its number outside. */
  holder: number | null;
  environment: Record<string, string>;
}

/** The lab's socket, below its directory. */
export const SOCKET_FILE = 'lab.sock';

function registry(): string {
  const place = join(tmpdir(), `kept-labs-${process.getuid?.() ?? 'user'}`);
  atPath(place, 'made', () => mkdirSync(place, { recursive: true, mode: 0o700 }));
  const { uid } = statSync(place);
  if (process.getuid !== undefined && uid !== process.getuid())
    throw new Failure(`The directory ${place} belongs to somebody else.`, {
      hint: 'Set TMPDIR to one of yours.',
    });
  return place;
}

/** @returns takes it off the list again. */
export function announceLab(lab: Omit<RunningLab, 'name' | 'process'>): () => void {
  const name = `lab-${process.pid}`;
  const file = join(registry(), `${name}.json`);
  const entry: RunningLab = { ...lab, name, process: thisProcess() };
  writeWhole(file, JSON.stringify(entry));
  return () => rmSync(file, { force: true });
}

/** Those whose process lives; what dead ones left is removed. */
export function runningLabs(): RunningLab[] {
  const place = registry();
  return readdirSync(place)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .flatMap((file): RunningLab[] => {
      const path = join(place, file);
      try {
        const lab = JSON.parse(readFileSync(path, 'utf8')) as RunningLab;
        if (isAlive(lab.process) !== false) return [lab];
        rmSync(path, { force: true });
      } catch {
        // Another command has just removed it.
      }
      return [];
    });
}

/** @throws Failure (usage) where it is not clear which one is meant. */
export function labMeant(name: string | null): RunningLab {
  const labs = runningLabs();
  const list = labs.map((lab) => `  ${lab.name}  ${lab.title}`).join('\n');
  if (labs.length === 0)
    throw new Failure('No lab is running.', {
      hint: '"kept lab" starts one, in a terminal of its own.',
      exitStatus: EXIT.usage,
    });
  if (name === null && labs.length > 1)
    throw new Failure(`${labs.length} labs are running.`, {
      hint: `Say which one: kept lab --attach ${labs[0]!.name}\n${list}`,
      exitStatus: EXIT.usage,
    });
  const found = name === null ? labs[0] : labs.find((lab) => lab.name === name);
  if (found !== undefined) return found;
  throw new Failure(`No lab "${name}" is running.`, { hint: `These are:\n${list}`, exitStatus: EXIT.usage });
}
