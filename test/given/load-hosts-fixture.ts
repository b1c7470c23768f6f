import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../../src/core/clock.ts';
import { enterLab, insideLab } from '../../src/control/netns/enter.ts';
import { addressesOf, createLab } from '../../src/control/netns/lab.ts';
import { openRun } from '../../src/history/directory.ts';
import { int64At, type RunInfo } from '../../src/history/run.ts';
import { startSshds } from '../control/ssh/sshd.ts';
import { filesBelow, kept, startKept, type Ended } from './run-kept.ts';
import { PORTS, SECRETS, securedCluster } from './secured-cluster.ts';

/**
 * A cluster behind SASL and TLS that kept did not make, and two hosts with real sshd's in the same network, one of which has a
 * clock of its own: tells as JSON what comes of runs whose workers live on these hosts.
 */
if (!insideLab()) process.exit(await enterLab(process.argv.slice(2)));
process.env['XDG_CACHE_HOME'] ??= join(homedir(), '.cache');
const clock = realClock();
await createLab([{ name: 'a' }, { name: 'b' }]);
const { hosts, home } = await startSshds(['a', 'b'], { b: 1_000 });
process.env['HOME'] = home;
const [a, b] = [hosts.get('a')!, hosts.get('b')!];
const cluster = await securedCluster('4.4.0', 1, () => addressesOf([]).get('client')!);
const store = mkdtempSync(join(tmpdir(), 'kept-load-hosts-'));

const LOGIN = 'org.apache.kafka.common.security.scram.ScramLoginModule';
const escaped = (text: string) => text.replaceAll('\\', '\\\\');
const settings = {
  'bootstrap.servers': cluster.brokers('secure').join(','),
  'security.protocol': 'SASL_SSL',
  'sasl.mechanism': 'SCRAM-SHA-512',
  'sasl.jaas.config': `${LOGIN} required username="alice" password="${escaped(SECRETS.scram)}";`,
  'ssl.truststore.type': 'PEM',
  'ssl.truststore.location': cluster.files.ca,
};
const config = join(cluster.directory, 'client.properties');
const lines = Object.entries(settings).map(([key, value]) => `${key}=${escaped(value)}\n`);
writeFileSync(config, lines.join(''), 'latin1');

const GIVEN = ['--command-config', config, '--store', store];
const SHORT = ['--duration', '1s', '--warm-up', '500ms', '--recovery', '500ms'];
const run = (...words: string[]) => kept(['run', ...GIVEN, ...SHORT, ...words]);
/** Part of each secret, and of nothing else. */
const SECRET = '5ecret';

/** What a run has left there, or still runs there: the pids and names, and the files. */
const leftOn = (host: typeof a) => host.sh(`ls -d /tmp/* /var/tmp/* 2>/dev/null; pgrep -f '[l]oad.cjs'; :`);
const leftAnywhere = async () => (await leftOn(a)) + (await leftOn(b));

async function until(ask: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await ask())) await clock.sleep(50);
}

/** The status and the first sentence of a run that does not even begin. */
async function refusal(ending: Promise<Ended>): Promise<string> {
  const { status, output } = await ending;
  const sentence = output.split('\n').find((line) => line.startsWith('kept: ')) ?? output;
  return `${status}: ${sentence.replaceAll(/SHA256:[\w+/]+/g, 'SHA256:…').replaceAll(/kept-\w{8,}/g, 'TOPIC')}`;
}

async function secured() {
  // Whatever is in a list of processes while the run goes on.
  await b.sh(
    `(while [ -d /run/kept-test ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; sleep 0.05; done) >/run/seen 2>/dev/null </dev/null &`,
  );
  const { status, output } = await run('--load-hosts', 'a,b', '--json');
  // Looked through here: a search there would be a process that names the secret, and be seen itself.
  const seen = await b.sh('cat /run/seen');
  const directory = join(store, 'run-1');
  const { clocks = [] } = JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')) as RunInfo;
  const history = await openRun(directory);
  const workers = new Set<number>();
  const timesNs: number[] = [];
  for (const batch of history.writes())
    for (let row = 0; row < batch.length; row++) {
      workers.add(batch.worker[row]!);
      timesNs.push(int64At(batch.invokeNs, row), int64At(batch.completeNs, row));
    }
  return {
    status,
    verdict: /^ *"verdict": "(.*)"/m.exec(output)?.[1] ?? output,
    workers: workers.size,
    clocks: clocks.map(({ host, workers: own }) => `${host}: ${own.join(' ')}`),
    isClockMeasured: clocks.every(({ uncertaintyNs }) => uncertaintyNs !== null && uncertaintyNs < 2e9),
    // Of the thousand seconds that its clock is ahead.
    isOnOneClock: Math.min(...timesNs) > 0 && Math.max(...timesNs) < 500e9,
    isLoadSeen: seen.includes('load.cjs'),
    isSecretSeen: seen.includes(SECRET),
    left: await leftAnywhere(),
  };
}

async function refused() {
  const number = await refusal(run('--load-hosts', '2'));
  const noHost = await refusal(run('--load-hosts', 'a,nowhere.invalid'));
  const known = join(home, '.ssh', 'known_hosts');
  renameSync(known, `${known}.aside`);
  const unknownKey = await refusal(run('--load-hosts', 'a,b'));
  renameSync(`${known}.aside`, known);
  await a.sh(
    'nft add table inet wall; nft "add chain inet wall out { type filter hook output priority 0; }"',
  );
  await a.sh(`nft add rule inet wall out tcp dport ${PORTS.secure} drop`);
  const walled = await refusal(run('--load-hosts', 'a,b'));
  await a.sh('nft delete table inet wall');
  const nodes = await refusal(run('--nodes', 'a,b'));
  const acceptNew = await refusal(run('--ssh-accept-new'));
  // It may log in, and may not make a topic, which turns out when the hosts are there already.
  const bob = ['--sasl', 'PLAIN', '--sasl-username', 'bob', '--load-hosts', 'a'];
  const noRight = await refusal(
    kept(['run', ...GIVEN, ...SHORT, ...bob], { KEPT_SASL_PASSWORD: SECRETS.bob }),
  );
  const dry = await run('--load-hosts', 'nowhere.invalid', '--dry-run');
  return {
    number,
    noHost,
    unknownKey,
    walled,
    nodes,
    acceptNew,
    noRight,
    dry: dry.status,
    left: await leftAnywhere(),
  };
}

/** A soak whose tool is killed in the middle of its first period, and that goes on later. */
async function killed() {
  const place = join(store, 'soak');
  const words = ['run', 'soak', '--command-config', config, '--store', place, '--load-hosts', 'a,b', '--faults', 'none', '--seed', '3', '--duration', '1s', '--period', '1s']; // prettier-ignore
  const { child } = startKept(words);
  const soak = join(place, 'run-1');
  const period = join(soak, 'period-1');
  const acknowledged = async () => {
    const history = await openRun(period).catch(() => null);
    let count = 0;
    for (const { length } of history?.writes() ?? []) count += length;
    return count;
  };
  await until(async () => (await acknowledged()) > 100);
  child.kill('SIGKILL');
  const secretsThere = await a.sh(`grep -rl ${SECRET} /var/tmp /tmp; :`);
  // As if it had been killed before its process there took a message.
  await a.sh('for directory in /var/tmp/kept-*/load/*; do : >"$directory/untaken.json"; done');
  for (const host of [a, b]) await until(async () => (await host.sh(`pgrep -f '[l]oad.cjs'; :`)) === '');
  // What was told lies there for ten minutes more, and nothing else.
  await until(async () => (await a.sh('ls /var/tmp/kept-*/over 2>/dev/null; :')) !== '');
  const leftThere = await a.sh(
    `cd /var/tmp/kept-*/load/* && ls | sed 's/-[0-9]*//'; ls /tmp; pgrep -fc '[w]atch /var/tmp/kept'`,
  );
  const checked = await kept(['check', soak]);
  const resumed = await kept([...words, '--resume', soak]);
  const judged = readFileSync(join(soak, 'periods.ndjson'), 'utf8').trim().split('\n');
  return {
    secretsThere,
    leftThere,
    checked: checked.status,
    isAccused: /INVALID|lost +[1-9]/.test(checked.output),
    resumed: resumed.status,
    periods: judged.map((line) => (JSON.parse(line) as { ended: string }).ended),
    output: resumed.status === 0 ? '' : resumed.output,
  };
}

const told = {
  secured: await secured(),
  refused: await refused(),
  killed: await killed(),
  // After all of them.
  filesWithSecrets: filesBelow(store)
    .filter(({ bytes }) => bytes.includes(SECRET))
    .map(({ path }) => path),
};
await cluster.stop();
const runs = readdirSync(store);
rmSync(store, { recursive: true });
writeSync(1, `\n${JSON.stringify({ ...told, runs })}\n`);
process.exit(0);
