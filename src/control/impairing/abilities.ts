import type { Executed } from '../remote.ts';
import type { Ability, ImpairmentKind } from './impairing.ts';
import type { LossFilter } from './loss-rules.ts';
import { ADMIN_PATH } from './match.ts';

/**
 * What a place can do to packets, found out by doing it once, where nothing is affected: a rule in a chain that nothing leads
 * to, and netem on the loopback interface of a network of its own. A script prints lines; their absence is an answer, too.
 */
export interface PlaceAbilities {
  loss: Ability;
  /** What drops a part of the packets there; null where `loss` is not a yes. */
  filter: LossFilter | null;
  delay: Ability;
}

const TRY_NETEM = 'tc qdisc add dev lo root netem delay 1ms && tc qdisc del dev lo root';

/** @param emptyNetwork put before a command to run it in a network of its own; empty where the place is one already. */
export function abilitiesScript(emptyNetwork: string): string {
  return `${ADMIN_PATH}LC_ALL=C; export LC_ALL
try_iptables() {
  iptables -w -N kept-try && iptables -w -A kept-try -m statistic --mode random --probability 0.5 -j DROP
  tried=$?; iptables -w -F kept-try; iptables -w -X kept-try; return $tried
}
try_nft() {
  nft -f - <<'END'
table inet kept_try {
  chain in { ip saddr 127.0.0.1 numgen random mod 100 < 50 counter drop; }
}
END
  tried=$?; nft delete table inet kept_try; return $tried
}
for filter in iptables nft; do
  if ! command -v $filter >/dev/null 2>&1; then echo "$filter none"; continue; fi
  if said=$(try_$filter 2>&1); then echo "$filter works"; else echo "$filter fails $(echo "$said" | head -n 1)"; fi
done
try_tc() {
  ${emptyNetwork === '' ? TRY_NETEM : `${emptyNetwork} sh -c '${TRY_NETEM}'`}
}
if ! command -v tc >/dev/null 2>&1; then echo "tc none"
elif said=$(try_tc 2>&1); then echo "tc works"
else echo "tc fails $(echo "$said" | grep -v '^[[:space:]]*$' | head -n 1)"; fi
`;
}

/** What the kernel says, through tc, of a queueing discipline that it does not have. */
const NO_SUCH_DISCIPLINE = /qdisc kind is unknown|No such file or directory|not found in kernel/i;
/** Its tc has no netem. */
const BUSYBOX = /invalid argument|BusyBox/;
const NO_RIGHTS = /not permitted|permission denied|you must be root/i;

/** @param where as a sentence names it: `kafka1`, `this machine`. */
export function abilitiesOf(where: string, { exitStatus, stdout, stderr }: Executed): PlaceAbilities {
  const told = new Map(
    stdout
      .trim()
      .split('\n')
      .map((line): [string, string] => [line.split(' ')[0]!, line.split(' ').slice(1).join(' ')]),
  );
  const unheard = stderr.trim().split('\n')[0] || `the probe ended with status ${exitStatus}`;
  const filters = (['iptables', 'nft'] as const).map((filter) => ({ filter, said: told.get(filter) }));
  const working = filters.find(({ said }) => said === 'works')?.filter ?? null;
  return {
    filter: working,
    loss: working !== null ? { answer: 'yes' } : lossAbility(where, filters, unheard),
    delay: delayAbility(where, told.get('tc'), unheard),
  };
}

function lossAbility(
  where: string,
  filters: readonly { filter: string; said: string | undefined }[],
  unheard: string,
): Ability {
  if (filters.every(({ said }) => said === undefined)) return { answer: 'not-observed', because: unheard };
  const failed = filters.filter(({ said }) => said?.startsWith('fails'));
  if (failed.length === 0)
    return {
      answer: 'no',
      because: `${where} has neither iptables nor nft, which drop a part of the packets`,
      hint: 'install one there: "apt-get install iptables"',
    };
  return {
    answer: 'no',
    because: `${where} cannot drop a part of the packets: ${failed.map(({ filter, said }) => `${filter} says "${said!.slice('fails '.length)}"`).join(', ')}`,
    hint: 'its kernel needs the module xt_statistic (iptables) or nft_numgen (nft)',
  };
}

function delayAbility(where: string, said: string | undefined, unheard: string): Ability {
  if (said === undefined) return { answer: 'not-observed', because: unheard };
  if (said === 'works') return { answer: 'yes' };
  if (said === 'none' || BUSYBOX.test(said))
    return {
      answer: 'no',
      because: `${where} has no tc${said === 'none' ? '' : ' but busybox’s'}, which delays packets`,
      hint: 'install it there: "apt-get install iproute2"',
    };
  const why = said.slice('fails '.length).replace(/\.$/, '');
  if (NO_SUCH_DISCIPLINE.test(why))
    return {
      answer: 'no',
      because: `the kernel of ${where} has no netem (the module sch_netem), which delays packets`,
      hint: 'load it there as root with "modprobe sch_netem"; Ubuntu has it in the package linux-modules-extra-$(uname -r), Fedora in kernel-modules-extra',
    };
  if (NO_RIGHTS.test(why))
    return {
      answer: 'no',
      because: `packets cannot be delayed on ${where}: tc says "${why}"`,
      hint: 'that needs root there (CAP_NET_ADMIN)',
    };
  return { answer: 'not-observed', because: `tc says "${why}"` };
}

/** What a kind of impairment is, in the sentence that says that it is not possible. */
export const IMPAIRMENTS: Record<ImpairmentKind, string> = {
  loss: 'lose a part of the packets',
  delay: 'delay packets',
};
