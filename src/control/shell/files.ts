import { Failure } from '../../core/failure.ts';
import type { RemoteFiles } from '../remote.ts';
import type { Ran } from './shell.ts';

/** The exit status with which a script says that there is no such file. */
const ABSENT = 44;
/** busybox's `wc -c` reads the whole file, so `stat` is asked first. */
const SIZE = 'size=$(stat -c %s "$1" 2>/dev/null) || size=$(wc -c <"$1")';
const IS_THERE = `[ -f "$1" ] || exit ${ABSENT}; [ -r "$1" ] || { echo "permission denied" >&2; exit 1; }`;
const SIZE_OF = `${IS_THERE}; ${SIZE}; echo $size`;
/** As much as there is at this moment, and no more. An old dd knows no counts of bytes; then tail and head serve. */
const READ = `${IS_THERE}
${SIZE}
count=$((size - $2)); [ "$count" -gt 0 ] || exit 0
[ -z "$3" ] || [ "$count" -lt "$3" ] || count=$3
dd if="$1" bs=65536 iflag=skip_bytes,count_bytes skip="$2" count="$count" 2>/dev/null ||
  tail -c +$(($2 + 1)) "$1" | head -c "$count"`;

/** The files of a node, through its shell. */
export function shellFiles(
  name: string,
  run: (command: readonly string[], input?: string) => Promise<Ran>,
  put: RemoteFiles['put'],
): RemoteFiles {
  async function script(what: string, text: string, words: string[], input?: string): Promise<Buffer | null> {
    const { exitStatus, stdout, stderr } = await run(['sh', '-c', text, 'sh', ...words], input);
    if (exitStatus === 0) return stdout;
    if (exitStatus === ABSENT) return null;
    const why = stderr.toString().trim().split('\n').at(-1);
    throw new Failure(`${words[0]} on ${name} cannot be ${what}: ${why || `exit status ${exitStatus}`}.`);
  }

  return {
    async makeDirectory(path) {
      await script('made', 'mkdir -p "$1"', [path]);
    },
    async write(path, text) {
      await script('written', 'cat >"$1"', [path], text);
    },
    put,
    read: (path, { byte = 0, maxBytes } = {}) =>
      script('read', READ, [path, String(byte), maxBytes === undefined ? '' : String(maxBytes)]),
    async size(path) {
      const said = await script('read', SIZE_OF, [path]);
      return said === null ? null : Number(said.toString());
    },
  };
}
