#!/usr/bin/env node
// A fault hook of kept for brokers on hosts that `ssh` reaches without a password: kill, stop and pause.
//
//   kept run --bootstrap-server … --fault-hook ./hooks/ssh.mjs --yes-break-these-nodes
//
// KEPT_SSH        how ssh is called: "ssh -o BatchMode=yes -o ConnectTimeout=10" if it is not set.
// KEPT_SSH_HOSTS  which host runs which broker: "kafka1=root@one,kafka2=root@two"; without it, the advertised host.
// KEPT_SSH_MATCH  what the broker's command line holds: "kafka.Kafka" if it is not set.
// KEPT_SSH_SUDO   "sudo -n" where signals need it; nothing if it is not set.
// KEPT_SSH_START  what starts a broker again: "sudo -n systemctl start kafka" if it is not set. It must not hold what
//                 KEPT_SSH_MATCH looks for: put it into a script.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const verb = process.argv[2];
const order = JSON.parse(readFileSync(0, 'utf8'));
const hosts = new Map(
  (process.env.KEPT_SSH_HOSTS ?? '')
    .split(',')
    .filter((pair) => pair.includes('='))
    .map((pair) => pair.trim().split('=')),
);
const [program, ...words] = (process.env.KEPT_SSH ?? 'ssh -o BatchMode=yes -o ConnectTimeout=10').split(
  /\s+/,
);
const match = process.env.KEPT_SSH_MATCH ?? 'kafka.Kafka';
const sudo = process.env.KEPT_SSH_SUDO ?? '';
const start = process.env.KEPT_SSH_START ?? 'sudo -n systemctl start kafka';
const SIGNALS = { kill: 'KILL', stop: 'TERM', pause: 'STOP' };
const { kind } = order.fault;
if (!(kind in SIGNALS)) {
  const reason = `this hook does kill, stop and pause; not ${kind}`;
  process.stdout.write(`${JSON.stringify({ applied: false, healed: false, reason })}\n`);
  process.exit(0);
}

// The first letter in brackets: so that the pattern does not match the shell that carries it out, whose own command line
// must hold nothing else that it would match.
const pattern = `'[${match[0]}]${match.slice(1).replaceAll("'", "'\\''")}'`;
const states = `ps -o stat= -p "$(pgrep -d, -f ${pattern})" 2>/dev/null || true`;
const strike = `${sudo} pkill -${SIGNALS[kind]} -f ${pattern} || { echo "there is no such process" >&2; exit 1; }
for look in 1 2 3 4 5 6 7 8 9 10; do ${kind === 'pause' ? 'break' : `pgrep -f ${pattern} > /dev/null || break`}; sleep 1; done
${states}`;
const heal = `${kind === 'pause' ? `${sudo} pkill -CONT -f ${pattern}` : `pgrep -f ${pattern} > /dev/null || ${start}`}
${states}`;

const seen = order.targets.map((target) => {
  const host = hosts.get(target.name) ?? target.host;
  const said = execFileSync(program, [...words, host, verb === 'apply' ? strike : heal], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { name: target.name, state: said.trim().split('\n')[0]?.trim() ?? '' };
});
const isStruck = ({ state }) => (kind === 'pause' ? state.startsWith('T') : state === '');
const verified = seen.every((node) => isStruck(node) === (verb === 'apply'));
const evidence = seen
  .map(({ name, state }) =>
    state === '' ? `${name} has no such process` : `the process on ${name} is in state ${state}`,
  )
  .join(', ');
process.stdout.write(`${JSON.stringify({ applied: true, healed: true, verified, evidence })}\n`);
