import { fstatSync, writeFileSync } from 'node:fs';
import { EXIT, Failure } from '../../core/failure.ts';

/**
 * What becomes of a command whose output goes nowhere. Its reader may stop early, as `head` does: then all is said
 * that anybody wants to hear. A disk that is full is another matter: an answer that did not arrive is none, unless it is
 * "invalid", which is never taken back. That standard error is not read is no reason to end a run.
 * @param tell says a failure on standard error.
 */
export function endWithoutOutput(tell: (failure: Failure) => void): void {
  const { stdout, stderr } = process;
  if (isFile(stdout.fd)) writeWholly(stdout, stdout.fd);
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      tell(
        new Failure(`standard output cannot be written (${error.code ?? error.message})`, {
          hint: 'make room, or lead it elsewhere',
        }),
      );
      process.exitCode = process.exitCode === EXIT.invalid ? EXIT.invalid : EXIT.inconclusive;
    }
    process.exit(process.exitCode ?? EXIT.valid);
  });
  stderr.on('error', () => undefined);
}

/** Node takes a write to a file for done when a nearly full disk has taken a part of it. */
function writeWholly(stream: NodeJS.WriteStream, file: number): void {
  // oxlint-disable-next-line no-underscore-dangle -- this is what Node calls the method that a stream writes by.
  stream._write = (chunk: Uint8Array, _, done) => {
    try {
      writeFileSync(file, chunk);
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  };
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    // Standard output is closed.
    return false;
  }
}
