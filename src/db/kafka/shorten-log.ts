import type { Remote } from '../../control/remote.ts';

/** A log that has grown beyond this becomes the older one of two. */
const LOG_BYTES_MAX = 32 * 2 ** 20;

/**
 * The process has the file open, to append to it: so it is copied and emptied, and not renamed. What came while it was copied
 * is added. The older log appears when this one is empty: whoever copies both takes no line twice.
 */
const SHORTEN = `
cp "$1" "$1.new" &&
tail -c +$(($(wc -c <"$1.new") + 1)) "$1" >>"$1.new" &&
: >"$1" &&
mv "$1.new" "$1.1"`;

/** Node logs of a long soak: the last 32 to 64 MiB of each are kept. @returns where the log ends now. */
export async function shortenedLog(
  remote: Pick<Remote, 'files' | 'exec'>,
  file: string,
  bytesMax = LOG_BYTES_MAX,
): Promise<number> {
  const size = (await remote.files.size(file)) ?? 0;
  if (size <= bytesMax) return size;
  const { exitStatus } = await remote.exec(['sh', '-c', SHORTEN, 'sh', file]);
  return exitStatus === 0 ? 0 : size;
}
