import { once } from 'node:events';
import { isatty } from 'node:tty';
import { asciiJson, shownText, wantsAscii } from './locale.ts';
import { safeStyledText, safeText } from './safe-text.ts';

/** The one door to standard output and standard error. Whatever goes through it, a terminal shows and does not obey. */

/** The answer of a command, on standard output. */
export function print(text: string): void {
  process.stdout.write(shownText(safeText(text)));
}

/** The answer for machines. */
export function printJson(json: string): void {
  const safe = safeText(json);
  process.stdout.write(wantsAscii() ? asciiJson(safe) : safe);
}

/** The same with colours of this program in it. */
export function printStyled(text: string): void {
  process.stdout.write(shownText(safeStyledText(text)));
}

/** Anything else that a person is told, on standard error. */
export function say(text: string): void {
  process.stderr.write(shownText(safeText(text)));
}

/** An export: other programs get it as it is, byte for byte. */
export async function printChunks(chunks: Iterable<string>): Promise<void> {
  const { stdout } = process;
  const isSeen = isatty(stdout.fd);
  // What goes wrong with standard output ends the command; see output-errors.ts.
  for (const chunk of chunks)
    if (!stdout.write(isSeen ? safeText(chunk) : chunk)) await once(stdout, 'drain');
}

/** Resolves when standard output has taken all that was printed. */
export function printed(): Promise<void> {
  return drained(process.stdout);
}

/** The same of both. */
export async function everythingPrinted(): Promise<void> {
  await drained(process.stdout);
  await drained(process.stderr);
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
