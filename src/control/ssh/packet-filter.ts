/**
 * Cuts on a host by its own packet filter, as texts: pure, from the rules that are wanted to the script that brings them
 * about. All rules of a run stand in chains of its own, whose names hold the run's: a script replaces them as a whole, in
 * one step, however often it runs; nothing else of the host's rules is touched, and to undo them is to delete the chains.
 *
 * Rules name the ports of Kafka and ZooKeeper, never an address alone: so a cut cannot touch the SSH connection by which
 * it has to be undone, nor anything else that the hosts have to say to each other.
 */
export type FilterKind = 'nft' | 'iptables';

/** Packets to drop. */
export interface Rule {
  /** Those that the host sends, or those that it gets. */
  chain: 'out' | 'in';
  /** The other end: an address, or everything that is no node (`strangers`). */
  peer: { address: string } | 'strangers';
  /** Whether the port is that of the receiver or of the sender. */
  end: 'destination' | 'source';
  port: number;
}

export interface Filter {
  /** Letters and digits. */
  run: string;
  /** Of all nodes: whoever has another address is a stranger. */
  nodeAddresses: readonly string[];
}

/** What finds the programs where a user's path does not lead to. */
export const ADMIN_PATH = 'PATH=$PATH:/usr/sbin:/sbin; export PATH\n';

/** A script that brings the rules about, and prints how many there are then by the kernel's account. */
export function applyScript(kind: FilterKind, filter: Filter, rules: readonly Rule[]): string {
  return `${ADMIN_PATH}${kind === 'nft' ? nftApply(filter, rules) : iptablesApply(filter, rules)}`;
}

/** A script that removes all rules of a run; where there are none it changes nothing. */
export function removeScript(kind: FilterKind, { run }: Pick<Filter, 'run'>): string {
  if (kind === 'nft')
    return `${ADMIN_PATH}if nft list table inet ${tableOf(run)} >/dev/null 2>&1; then nft delete table inet ${tableOf(run)}; fi\n`;
  return [
    ADMIN_PATH.trimEnd(),
    ...CHAINS.flatMap(({ chain, hook }) => {
      const name = chainOf(run, chain);
      return [
        `while iptables -w -D ${hook} -j ${name} 2>/dev/null; do :; done`,
        `if iptables -w -S ${name} >/dev/null 2>&1; then iptables -w -F ${name} && iptables -w -X ${name}; fi`,
      ];
    }),
    '',
  ].join('\n');
}

const CHAINS = [
  { chain: 'out', hook: 'OUTPUT' },
  { chain: 'in', hook: 'INPUT' },
] as const;

function tableOf(run: string): string {
  return `kept_${run}`;
}

/** At most 28 characters. */
function chainOf(run: string, chain: Rule['chain']): string {
  return `KEPT-${run.slice(-16)}-${chain}`;
}

/** A host talks to itself by these, too. */
const LOOPBACK = '127.0.0.0/8';

function iptablesApply(filter: Filter, rules: readonly Rule[]): string {
  const names = CHAINS.map(({ chain }) => chainOf(filter.run, chain));
  const lines = [
    '*filter',
    ...names.map((name) => `:${name} - [0:0]`),
    ...inOrder(rules).flatMap((rule) => iptablesLines(filter, rule)),
    'COMMIT',
  ];
  return [
    'set -e',
    `iptables-restore -w --noflush <<'END'\n${lines.join('\n')}\nEND`,
    ...CHAINS.map(({ chain, hook }) => {
      const jump = `${hook} -j ${chainOf(filter.run, chain)}`;
      return `iptables -w -C ${jump} 2>/dev/null || iptables -w -I ${jump}`;
    }),
    `{ ${names.map((name) => `iptables -w -S ${name}`).join('; ')}; } | grep -c -e '-j DROP' || :`,
    '',
  ].join('\n');
}

function iptablesLines({ run, nodeAddresses }: Filter, { chain, peer, end, port }: Rule): string[] {
  const other = chain === 'out' ? '-d' : '-s';
  const line = (address: string | null, verdict: string) =>
    `-A ${chainOf(run, chain)}${address === null ? '' : ` ${other} ${address}`} -p tcp --${end === 'destination' ? 'dport' : 'sport'} ${port} -j ${verdict}`;
  if (peer !== 'strangers') return [line(peer.address, 'DROP')];
  return [...[LOOPBACK, ...nodeAddresses].map((address) => line(address, 'RETURN')), line(null, 'DROP')];
}

function nftApply(filter: Filter, rules: readonly Rule[]): string {
  const table = tableOf(filter.run);
  const chains = CHAINS.map(
    ({ chain, hook }) =>
      `  chain ${chain} {\n    type filter hook ${hook.toLowerCase()} priority -10; policy accept;\n${inOrder(
        rules,
      )
        .filter((rule) => rule.chain === chain)
        .map((rule) => `    ${nftLine(filter, rule)}\n`)
        .join('')}  }`,
  );
  // To declare it first lets it be deleted where it was not there yet.
  const text = [`table inet ${table}`, `delete table inet ${table}`, `table inet ${table} {`, ...chains, '}'];
  return [
    'set -e',
    `nft -f - <<'END'\n${text.join('\n')}\nEND`,
    `nft list table inet ${table} | grep -c -w drop || :`,
    '',
  ].join('\n');
}

function nftLine({ nodeAddresses }: Filter, { chain, peer, end, port }: Rule): string {
  const other = chain === 'out' ? 'daddr' : 'saddr';
  const which = peer === 'strangers' ? `!= { ${[LOOPBACK, ...nodeAddresses].join(', ')} }` : peer.address;
  return `ip ${other} ${which} tcp ${end === 'destination' ? 'dport' : 'sport'} ${port} drop`;
}

/** What is not for strangers comes first: their exceptions end a chain. */
function inOrder(rules: readonly Rule[]): Rule[] {
  return rules.toSorted(
    (one, other) => Number(one.peer === 'strangers') - Number(other.peer === 'strangers'),
  );
}
