import { fork as nodeFork, spawn as nodeSpawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { isOutOfDescriptors, outOfDescriptors } from './descriptors.ts';

/**
 * The door to other processes; execa.ts is beside it, for what needs that library. Where no descriptors are left for its
 * pipes, Node gives a child without any streams, whose "error" comes later: reading `child.stdout.on` until then is a
 * TypeError, and execa does so. Here it is a Failure that says so, thrown at once, and nothing comes later. All other
 * failures to start stay what they are.
 */
export const spawn: typeof nodeSpawn = guarded(nodeSpawn);
export const fork: typeof nodeFork = guarded(nodeFork);
export type { ChildProcess };

/** Two for each of three pipes and for the one that tells whether the program was found, and some to spare. */
const DESCRIPTORS_OF_A_START = 12;

/** The same guard for another way to start a process. */
export function guarded<Start extends (...args: never[]) => unknown>(start: Start): Start {
  const guard = (...args: Parameters<Start>) => {
    assertDescriptors();
    return start(...args);
  };
  return guard as Start;
}

/** Starting a process is one synchronous call, so what could be opened before it can be opened in it. */
function assertDescriptors(): void {
  const opened: number[] = [];
  try {
    while (opened.length < DESCRIPTORS_OF_A_START) opened.push(openSync('/dev/null', 'r'));
  } catch (error) {
    for (const descriptor of opened.splice(0)) closeSync(descriptor);
    throw isOutOfDescriptors(error) ? outOfDescriptors(error) : error;
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}
