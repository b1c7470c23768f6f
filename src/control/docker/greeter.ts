import { readFileSync } from 'node:fs';
import { realClock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { freshId } from '../../core/random.ts';
import { within } from '../../core/within.ts';
import type { Helper } from './docker-net.ts';

/** A program beside a node that says a word to each connection, which nothing else can know: see greeter.js. */
export interface Greeter {
  readonly word: string;
}

/** On each node; none of Kafka's. */
export const GREETER_PORT = 9099;
const PROGRAM = readFileSync(new URL('greeter.js', import.meta.url), 'utf8');
const READY_TIMEOUT_MS = 30_000;

/** It listens then, and ends with its node's helper. @throws Failure when it cannot be started. */
export async function startGreeter(node: string, helper: Pick<Helper, 'runProgram'>): Promise<Greeter> {
  const word = freshId();
  const { stdout, stderr } = await helper.runProgram(PROGRAM, [String(GREETER_PORT), word]);
  let said = '';
  stderr.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString()}`));
  const ready = new Promise<boolean>((resolve) => {
    stdout.once('data', () => resolve(true));
    stdout.once('end', () => resolve(false));
  });
  if ((await within(realClock(), READY_TIMEOUT_MS, ready)) === true) return { word };
  const why = /Error: (.*)/.exec(said)?.[1] ?? said.trim().split('\n').at(-1);
  throw new Failure(
    `Whether the workers reach ${node} could not be found out: the program that answers there did not start (${why || 'it said nothing'}).`,
  );
}

/** The address that a node saw, out of what a greeter says; null where that is none of IPv4. */
export function seenAddress(detail: string): string | null {
  const address = detail.trim().replace(/^::ffff:/, '');
  return /^\d+\.\d+\.\d+\.\d+$/.test(address) ? address : null;
}
