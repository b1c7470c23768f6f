import { Failure } from '../core/failure.ts';
import type { Remote } from './remote.ts';

/** Node.js on a host that was not made for us: found there. */

const VERSION_MIN = [20, 19] as const;
const LOOK_TIMEOUT_MS = 60_000;
/** Each Node.js of the usual places with its version. A login may know one that this shell does not. */
const NODES = `
for one in "$1" "$(command -v node 2>/dev/null)" "$(sh -lc 'command -v node' 2>/dev/null | tail -n 1)" \\
  /usr/local/bin/node /usr/bin/node /opt/node/bin/node /opt/node*/bin/node "$HOME"/.nvm/versions/node/*/bin/node \\
  "$HOME"/.cache/kept/node-*/node; do
  [ -x "$one" ] || continue
  echo "$("$one" -p process.versions.node 2>/dev/null) $one"
done`;

/** @throws Failure that says what to install, when there is none that is new enough. */
export async function findNodeJs(remote: Remote): Promise<string> {
  const said = await remote.exec(['sh', '-c', NODES, 'sh', process.execPath], { timeoutMs: LOOK_TIMEOUT_MS });
  const found = nodesIn(said.stdout);
  const first = found.find(({ version }) => isNewEnough(version));
  if (first !== undefined) return first.path;
  const best = found[0];
  const why = best === undefined ? 'has no Node.js' : `has only Node.js ${best.version} (${best.path})`;
  throw new Failure(
    `${remote.name} ${why}, and the load needs Node.js ${VERSION_MIN.join('.')} or newer there`,
    {
      hint: `install one on ${remote.name}; it is found on the PATH, in /usr/local/bin, in /opt/node and in ~/.nvm`,
    },
  );
}

/** @param said what `NODES` has printed. */
export function nodesIn(said: string): { version: string; path: string }[] {
  return said.split('\n').flatMap((line) => {
    const [, version, path] = /^(\d+\.\d+\.\d+\S*) (.+)$/.exec(line) ?? [];
    return version === undefined || path === undefined ? [] : [{ version, path }];
  });
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > VERSION_MIN[0] || (major === VERSION_MIN[0] && minor >= VERSION_MIN[1]);
}
