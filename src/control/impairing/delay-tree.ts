import { ADMIN_PATH, type Match } from './match.ts';

/**
 * Delay by the queueing disciplines of a place's interfaces (`tc … netem`), as texts. On each interface over which
 * something is to be late stands one tree of ours: a root that sends everything through its first band at once, a band of
 * netem for each length of delay, and filters that lead what is to be late there. A tree is always made anew as a whole,
 * from all that is to be late at the place; what is under way in the old one is lost, and TCP sends it again.
 */
export interface Delayed {
  match: Match & { chain: 'out'; peer: { address: string } };
  delayMs: number;
  jitterMs: number;
}

/** The number of our root in hexadecimal: a user's own tree has another one. */
const ROOT = '6b70';
/** `prio` has no more, and the first is for what is not late. */
const BANDS_MAX = 16;
/** Packets that may be under way: far more than a broker sends in the longest delay. */
const LIMIT = 100_000;

const FUNCTIONS = `device_to() { ip -o route get "$1" | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | head -n 1; }
ours() { tc qdisc show | sed -n 's/^qdisc prio ${ROOT}: dev \\([^ ]*\\) root.*/\\1/p'; }
clear() { for device in $(ours); do tc qdisc del dev "$device" root || return 1; done; }
`;

/** A script that makes exactly this late at the place, and nothing else; nothing at all for an empty list. */
export function applyDelays(delayed: readonly Delayed[]): string {
  const lengths = [...new Set(delayed.map(lengthOf))];
  if (lengths.length >= BANDS_MAX)
    throw new RangeError(`${lengths.length} lengths of delay at one place, and tc has ${BANDS_MAX} bands`);
  const plant = (device: string) =>
    [
      `tc qdisc add dev ${device} root handle ${ROOT}: prio bands ${lengths.length + 1} priomap${' 0'.repeat(16)}`,
      ...lengths.map(
        (length, index) =>
          `tc qdisc add dev ${device} parent ${ROOT}:${hex(index + 2)} netem limit ${LIMIT} delay ${length}`,
      ),
    ].join(' && ');
  return `${ADMIN_PATH}${FUNCTIONS}clear || exit 1
plant() {
  case " $(ours | tr '\\n' ' ')" in *" $1 "*) return 0;; esac
  root=$(tc qdisc show dev "$1" | sed -n 's/^qdisc [^ ]* \\([0-9a-f]*\\): root.*/\\1/p')
  if [ -n "$root" ] && [ "$root" != 0 ]; then
    echo "$1 has a queueing discipline of its own ($root:), and kept replaces none" >&2; return 1
  fi
  ${delayed.length === 0 ? ':' : plant('"$1"')}
}
${delayed
  .map(
    ({ match, ...length }) =>
      `device=$(device_to ${match.peer.address}) && plant "$device" && tc filter add dev "$device" parent ${ROOT}: protocol ip prio 1 u32 ${u32(match)} flowid ${ROOT}:${hex(lengths.indexOf(lengthOf(length)) + 2)} || { clear; exit 1; }\n`,
  )
  .join('')}`;
}

/** A script that takes every tree of ours away. It changes nothing where there is no tc. */
export const REMOVE_DELAYS = `${ADMIN_PATH}if command -v tc >/dev/null 2>&1; then
${FUNCTIONS}clear
fi
`;

function lengthOf({ delayMs, jitterMs }: Pick<Delayed, 'delayMs' | 'jitterMs'>): string {
  return jitterMs > 0 ? `${delayMs}ms ${jitterMs}ms` : `${delayMs}ms`;
}

function u32({ peer, port }: Delayed['match']): string {
  const address = `match ip dst ${peer.address}/32`;
  if (port === undefined) return address;
  const end = port.end === 'destination' ? 'dport' : 'sport';
  return `${address} match ip protocol 6 0xff match ip ${end} ${port.number} 0xffff`;
}

function hex(number: number): string {
  return number.toString(16);
}
