import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../core/failure.ts';
import { SOCKET_FILE, type RunningLab } from './running-labs.ts';
import { runWords } from './run-words.ts';

/** In the directory where it was called, if the lab has it too. */
const THERE = 'cd "$1" 2>/dev/null; shift; exec "$@"';

/** Another terminal in a lab that runs, or a command in it. @returns its exit status. */
export async function attachTo(lab: RunningLab, words: readonly string[]): Promise<number> {
  const { directory, holder, environment } = lab;
  if (!existsSync(join(directory, SOCKET_FILE)))
    throw new Failure(`The lab ${lab.name} is still starting, or has just ended.`, {
      hint: 'Try again when its own terminal says that the cluster answers.',
    });
  const prefix = holder === null ? [] : enteringOf(lab, holder);
  const path = `${join(directory, 'bin')}:${process.env['PATH'] ?? ''}`;
  return runWords(words, { ...environment, PATH: path }, prefix);
}

/** Into the namespaces of a lab, through the first process in them. */
function enteringOf(lab: RunningLab, holder: number): string[] {
  const child = attempt(() => readFileSync(`/proc/${holder}/task/${holder}/children`, 'utf8'))
    ?.trim()
    .split(' ')[0];
  if (child === undefined || child === '')
    throw new Failure(`The namespaces of ${lab.name} are not to be found.`, {
      hint: `Its commands work here all the same: KEPT_LAB_SOCKET=${lab.environment['KEPT_LAB_SOCKET']} ${join(lab.directory, 'bin', 'lab')} status`,
    });
  // A user namespace is entered only where it is another one: its own no process can enter.
  const isRootless =
    attempt(() => readlinkSync(`/proc/${child}/ns/user`)) !==
    attempt(() => readlinkSync('/proc/self/ns/user'));
  return [
    'nsenter',
    '--target',
    child,
    ...(isRootless ? ['--user', '--preserve-credentials'] : []),
    '--mount',
    '--net',
    '--pid',
    '/bin/sh',
    '-c',
    THERE,
    'kept-lab',
    process.cwd(),
  ];
}

function attempt<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}
