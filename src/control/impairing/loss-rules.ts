import { ADMIN_PATH, LOOPBACK, tagOf, type Match } from './match.ts';

/**
 * Random loss by a place's packet filter, as texts: pure, from what is to be lost to the scripts that bring it about, read
 * its counters and undo it. Each loss has chains (iptables) or a table (nft) of its own, whose names hold the run's and the
 * number of the loss: it is set in one step, counted by itself, and removed as a whole, whatever else is in force.
 *
 * For each match there are two rules: one that counts what comes by, and one that drops a part of it and counts that.
 */
export type LossFilter = 'iptables' | 'nft';

export interface LossOptions {
  run: string;
  /** Different for each loss of the run. */
  number: number;
  /** Of all nodes: who has another address is a stranger. */
  nodeAddresses: readonly string[];
}

const HOOKS = { in: 'INPUT', out: 'OUTPUT' } as const;
const CHAINS = ['in', 'out'] as const;

/** A script that brings the loss about. To run it again is harmless. */
export function applyLoss(
  filter: LossFilter,
  options: LossOptions,
  matches: readonly Match[],
  percent: number,
): string {
  return `${ADMIN_PATH}${(filter === 'nft' ? nftApply : iptablesApply)(options, matches, percent)}`;
}

/** A script that prints the rules with their counters, for `countsOf`. */
export function readLoss(filter: LossFilter, { run, number }: LossOptions): string {
  if (filter === 'nft') return `${ADMIN_PATH}nft list table inet ${tableOf(run, number)}\n`;
  const lists = CHAINS.map((chain) => `iptables -w -v -S ${chainOf(run, number, chain)}`);
  return `${ADMIN_PATH}set -e\n${lists.join('\n')}\n`;
}

/** A script that undoes it. Where there is nothing to undo it changes nothing. */
export function removeLoss(filter: LossFilter, { run, number }: LossOptions): string {
  if (filter === 'nft')
    return `${ADMIN_PATH}if nft list table inet ${tableOf(run, number)} >/dev/null 2>&1; then nft delete table inet ${tableOf(run, number)}; fi\n`;
  return `${ADMIN_PATH}${CHAINS.map((chain) => removeChain(chainOf(run, number, chain), HOOKS[chain])).join('\n')}\n`;
}

/** A script that undoes all losses of a run, whatever their numbers and whichever filter made them. */
export function removeAllLosses(run: string): string {
  const chains = `KEPT-${tagOf(run)}-`;
  return `${ADMIN_PATH}
if command -v iptables >/dev/null 2>&1; then
  for chain in $(iptables -w -S 2>/dev/null | sed -n 's/^-N \\(${chains}[0-9][0-9]*\\(in\\|out\\)\\)$/\\1/p'); do
    case $chain in *in) hook=INPUT;; *) hook=OUTPUT;; esac
    ${removeChain('"$chain"', '$hook').replaceAll('\n', '\n    ')}
  done
fi
if command -v nft >/dev/null 2>&1; then
  for table in $(nft list tables 2>/dev/null | sed -n 's/^table inet \\(kept_${run}_loss[0-9]*\\)$/\\1/p'); do
    nft delete table inet "$table"
  done
fi
`;
}

/** What `readLoss` printed: for each match in the order in which they were given, what came by and what was dropped. */
export function countsOf(
  filter: LossFilter,
  matches: readonly Match[],
  text: string,
): { seen: number; dropped: number }[] {
  const rules = text.split('\n').flatMap((line) => {
    const count = (filter === 'nft' ? /\bcounter packets (\d+)/ : /^-A .* -c (\d+) \d+/).exec(line)?.[1];
    if (count === undefined || line.endsWith('-j RETURN')) return [];
    return [{ count: Number(count), drops: /(-j DROP|\bdrop)$/.test(line.trim()) }];
  });
  const seen = rules.filter(({ drops }) => !drops);
  const dropped = rules.filter(({ drops }) => drops);
  // They are listed chain by chain, and within a chain in their order.
  const inOrder = CHAINS.flatMap((chain) => ofChain(matches, chain));
  return matches.map((match) => {
    const at = inOrder.indexOf(match);
    return { seen: seen[at]?.count ?? 0, dropped: dropped[at]?.count ?? 0 };
  });
}

/** What is not for strangers comes first: their exceptions end a chain. */
function ofChain(matches: readonly Match[], chain: Match['chain']): Match[] {
  return matches
    .filter((match) => match.chain === chain)
    .toSorted((one, other) => Number(one.peer === 'strangers') - Number(other.peer === 'strangers'));
}

function tableOf(run: string, number: number): string {
  return `kept_${run}_loss${number}`;
}

/** At most 28 characters. */
function chainOf(run: string, number: number, chain: Match['chain']): string {
  return `KEPT-${tagOf(run)}-${number}${chain}`;
}

function removeChain(name: string, hook: string): string {
  return [
    `while iptables -w -D ${hook} -j ${name} 2>/dev/null; do :; done`,
    `if iptables -w -S ${name} >/dev/null 2>&1; then iptables -w -F ${name} && iptables -w -X ${name} || exit 1; fi`,
  ].join('\n');
}

function iptablesApply(
  { run, number, nodeAddresses }: LossOptions,
  matches: readonly Match[],
  percent: number,
): string {
  const part = `-m statistic --mode random --probability ${probabilityOf(percent)} -j DROP`;
  const lines = CHAINS.flatMap((chain) =>
    ofChain(matches, chain).flatMap((match) => {
      const name = chainOf(run, number, chain);
      const which = iptablesMatch(match);
      const exceptions =
        match.peer === 'strangers'
          ? [LOOPBACK, ...nodeAddresses].map(
              (address) =>
                `-A ${name} ${chain === 'out' ? '-d' : '-s'} ${address}${portMatch(match)} -j RETURN`,
            )
          : [];
      return [...exceptions, `-A ${name}${which}`, `-A ${name}${which} ${part}`];
    }),
  );
  const text = [
    '*filter',
    ...CHAINS.map((chain) => `:${chainOf(run, number, chain)} - [0:0]`),
    ...lines,
    'COMMIT',
  ];
  return [
    'set -e',
    `iptables-restore -w --noflush <<'END'\n${text.join('\n')}\nEND`,
    ...CHAINS.map((chain) => {
      const jump = `${HOOKS[chain]} -j ${chainOf(run, number, chain)}`;
      return `iptables -w -C ${jump} 2>/dev/null || iptables -w -I ${jump}`;
    }),
    '',
  ].join('\n');
}

function iptablesMatch(match: Match): string {
  const { chain, peer } = match;
  const address = peer === 'strangers' ? '' : ` ${chain === 'out' ? '-d' : '-s'} ${peer.address}`;
  return `${address}${portMatch(match)}`;
}

function portMatch({ port }: Match): string {
  return port === undefined
    ? ''
    : ` -p tcp --${port.end === 'destination' ? 'dport' : 'sport'} ${port.number}`;
}

function nftApply(
  { run, number, nodeAddresses }: LossOptions,
  matches: readonly Match[],
  percent: number,
): string {
  const table = tableOf(run, number);
  const part = `numgen random mod ${NFT_SCALE} < ${Math.max(1, Math.round((percent / 100) * NFT_SCALE))}`;
  const chains = CHAINS.map((chain) => {
    const rules = ofChain(matches, chain).flatMap((match) => {
      const which = nftMatch(match, nodeAddresses);
      return [`    ${which} counter\n`, `    ${which} ${part} counter drop\n`];
    });
    return `  chain ${chain} {\n    type filter hook ${HOOKS[chain].toLowerCase()} priority -10; policy accept;\n${rules.join('')}  }`;
  });
  // To declare it first lets it be deleted where it was not there yet.
  const text = [`table inet ${table}`, `delete table inet ${table}`, `table inet ${table} {`, ...chains, '}'];
  return `set -e\nnft -f - <<'END'\n${text.join('\n')}\nEND\n`;
}

const NFT_SCALE = 1_000_000;

function nftMatch({ chain, peer, port }: Match, nodeAddresses: readonly string[]): string {
  const other = chain === 'out' ? 'daddr' : 'saddr';
  const which = peer === 'strangers' ? `!= { ${[LOOPBACK, ...nodeAddresses].join(', ')} }` : peer.address;
  const tcp =
    port === undefined ? '' : ` tcp ${port.end === 'destination' ? 'dport' : 'sport'} ${port.number}`;
  return `ip ${other} ${which}${tcp}`;
}

/** Without an exponent, which iptables does not read. */
function probabilityOf(percent: number): string {
  return (percent / 100).toFixed(9).replace(/0+$/, '');
}
