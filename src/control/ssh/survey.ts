import { Failure } from '../../core/failure.ts';
import type { Executed } from '../remote.ts';
import type { FilterKind } from './packet-filter.ts';
import { ADMIN_PATH } from './packet-filter.ts';

/** What a host is, as far as a run depends on it. */
export interface HostFacts {
  /** Its own, by which this machine reached it: what its programs can bind, and other hosts should reach. */
  address: string;
  hostname: string;
  home: string;
  root: RootAccess;
  /** Null where there is none that works, or where there is no root to try it. */
  filter: FilterKind | null;
  /** In /var/tmp. */
  freeBytes: number;
}

/** Whether commands can be run as root: as they are, by sudo without a password, or not at all, with the reason. */
export type RootAccess = { by: 'login' } | { by: 'sudo' } | { by: null; because: string };

const SURVEY = `${ADMIN_PATH}
set -- $SSH_CONNECTION
echo "address $3"
echo "hostname $(uname -n)"
echo "system $(uname -s)"
echo "home $HOME"
echo "uid $(id -u)"
echo "free $(df -Pk /var/tmp | tail -n 1 | sed 's/  */ /g' | cut -d' ' -f4)"
root=
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then echo "sudo there is no sudo"; exit 0; fi
  said=$(sudo -n true 2>&1) || { echo "sudo sudo says: $said" | head -n 1; exit 0; }
  root='sudo -n'
  echo "sudo yes"
fi
for filter in nft iptables; do
  case $filter in nft) try='list tables';; *) try='-w -S OUTPUT';; esac
  if command -v $filter >/dev/null 2>&1 && $root $filter $try >/dev/null 2>&1; then echo "filter $filter"; break; fi
done
`;

/** Looks a host over. It changes nothing there. @throws Failure when it is none that can be used. */
export async function survey(
  name: string,
  exec: (command: readonly string[], options: { timeoutMs: number }) => Promise<Executed>,
): Promise<HostFacts> {
  const { stdout } = await exec(['sh', '-c', SURVEY], { timeoutMs: SURVEY_TIMEOUT_MS });
  const told = new Map(
    stdout.split('\n').map((line) => {
      const space = line.indexOf(' ');
      return [line.slice(0, space), line.slice(space + 1)];
    }),
  );
  const system = told.get('system');
  if (system !== 'Linux')
    throw new Failure(`${name} runs ${system || 'an unknown system'}, and a node has to run Linux`);
  const address = told.get('address') ?? '';
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(address))
    throw new Failure(`${name} was reached by the address "${address}", and a node needs one of IPv4`, {
      hint: 'name the host by its IPv4 address',
    });
  const filter = told.get('filter');
  return {
    address,
    hostname: told.get('hostname') ?? name,
    home: told.get('home') ?? '/',
    root: rootOf(told.get('uid'), told.get('sudo')),
    filter: filter === 'nft' || filter === 'iptables' ? filter : null,
    freeBytes: Number(told.get('free') ?? 0) * 1_024,
  };
}

const SURVEY_TIMEOUT_MS = 15_000;

function rootOf(uid: string | undefined, sudo: string | undefined): RootAccess {
  if (uid === '0') return { by: 'login' };
  return sudo === 'yes' ? { by: 'sudo' } : { by: null, because: sudo ?? 'there is no sudo' };
}

/** What to put before a command that needs root; null where there is none. */
export function rootPrefix(root: RootAccess): string[] | null {
  if (root.by === null) return null;
  return root.by === 'login' ? [] : ['sudo', '-n'];
}
