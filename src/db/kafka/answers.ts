import { open, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { Failure } from '../../core/failure.ts';
import { diagnose } from './diagnose.ts';

/** Whether something accepts a TCP connection there within `timeoutMs`. */
export function accepts(address: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: timeoutMs });
    const answer = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => answer(true));
    socket.once('timeout', () => answer(false));
    socket.once('error', () => answer(false));
  });
}

/** The size of a log so far: what a next start writes begins there. 0 when there is none yet. */
export async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.size ?? 0;
}

/** The text of a log from `from` on, but no more than its last 256 KiB. */
export async function readLog(file: string, from: number): Promise<string> {
  const handle = await open(file).catch(() => null);
  if (handle === null) return '';
  try {
    const { size } = await handle.stat();
    const start = Math.max(from, size - 256 * 1024);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(0, size - start)), {
      position: start,
    });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * What to tell people about a node that did not come up: the cause, as far as its log gives one away, and its end.
 * @param how `exited with status 1`, `does not answer 60 s after its start`.
 * @param log.ended whether the process is gone: only then an error of unknown meaning is taken for the reason.
 */
export async function startFailure(
  name: string,
  how: string,
  log: { file: string; from: number; ended: boolean },
): Promise<Failure> {
  const { cause, hint, line, lastLines } = diagnose(await readLog(log.file, log.from));
  const unknown = log.ended && line !== '' ? `: ${line}` : '';
  const why = cause === null ? unknown : `: ${cause} (${line})`;
  const end = lastLines.length === 0 ? `its log is empty: ${log.file}` : `the end of ${log.file}:`;
  return new Failure(`${name} ${how}${why}`, {
    hint: [hint, end, ...lastLines.map((text) => `  ${text}`)].join('\n'),
  });
}
