import { connect } from 'node:net';
import { Failure } from '../../core/failure.ts';
import type { Remote, RemoteFiles } from '../../control/remote.ts';
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

const LOOK_TIMEOUT_MS = 5_000;

/** Whether something on the node waits for TCP connections at this port, by the account of the node's kernel. */
export async function listens(node: Pick<Remote, 'exec'>, port: number): Promise<boolean> {
  const command = ['sh', '-c', 'cat /proc/net/tcp /proc/net/tcp6 2>/dev/null'];
  const { stdout } = await node.exec(command, { timeoutMs: LOOK_TIMEOUT_MS });
  return isListening(stdout, port);
}

/** @param tables of /proc/net/tcp: number, local address and port, remote ones, and the state, where 0A is to listen. */
export function isListening(tables: string, port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return new RegExp(String.raw`^\s*\d+: [0-9A-F]+:${hex} [0-9A-F]+:[0-9A-F]{4} 0A `, 'm').test(tables);
}

/** A node's log. */
export interface NodeLog {
  files: RemoteFiles;
  file: string;
}

/** The size of a log so far: what a next start writes begins there. 0 when there is none yet. */
export async function sizeOf({ files, file }: NodeLog): Promise<number> {
  return (await files.size(file)) ?? 0;
}

const LOG_BYTES_MAX = 256 * 1024;

/** The text of a log from `fromByte` on, but no more than its last 256 KiB. */
export async function readLog(log: NodeLog, fromByte: number): Promise<string> {
  const byte = Math.max(fromByte, (await sizeOf(log)) - LOG_BYTES_MAX);
  return (await log.files.read(log.file, { byte }))?.toString('utf8') ?? '';
}

/**
 * What to tell people about a node that did not come up: the cause, as far as its log gives one away, and its end.
 * @param how `exited with status 1`, `does not answer 60 s after its start`.
 * @param log.ended whether the process is gone: only then an error of unknown meaning is taken for the reason.
 */
export async function startFailure(
  name: string,
  how: string,
  log: NodeLog & { from: number; ended: boolean },
): Promise<Failure> {
  const { cause, hint, line, lastLines } = diagnose(await readLog(log, log.from));
  const unknown = log.ended && line !== '' ? `: ${line}` : '';
  const why = cause === null ? unknown : `: ${cause} (${line})`;
  const end = lastLines.length === 0 ? `its log is empty: ${log.file}` : `the end of ${log.file}:`;
  return new Failure(`${name} ${how}${why}`, {
    hint: [hint, end, ...lastLines.map((text) => `  ${text}`)].join('\n'),
  });
}
