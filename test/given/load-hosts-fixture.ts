import { readdirSync, readFileSync, writeFileSync, writeSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../../src/core/clock.ts';
import { enterLab, insideLab } from '../../src/control/netns/enter.ts';
import { addressesOf, createLab } from '../../src/control/netns/lab.ts';
import type { RunInfo } from '../../src/history/run.ts';
import { startSshds } from '../control/ssh/sshd.ts';
import { filesBelow, kept, startKept } from './run-kept.ts';
import { SECRETS, securedCluster } from './secured-cluster.ts';

/**
 * A cluster behind SASL and TLS that kept did not make, and two hosts with real sshd's in the same network, one of which has a
 * clock of its own: tells as JSON what comes of runs whose workers live on these hosts.
 */
if (!insideLab()) process.exit(await enterLab(process.argv.slice(2)));
process.env['XDG_CACHE_HOME'] ??= join(homedir(), '.cache');
const clock = realClock();
await createLab([{ name: 'a' }, { name: 'b' }]);
const { hosts, home } = await startSshds(['a', 'b'], { b: 1_000 });
const cluster = await securedCluster('4.4.0', 1, () => addressesOf([]).get('client')!);
const store = mkdtempSync(join(tmpdir(), 'kept-load-hosts-'));
process.env['HOME'] = home;

const LOGIN = 'org.apache.kafka.common.security.scram.ScramLoginModule';
const quoted = (password: string) => password.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
const settings = {
  'bootstrap.servers': cluster.brokers('secure').join(','),
  'security.protocol': 'SASL_SSL',
  'sasl.mechanism': 'SCRAM-SHA-512',
  'sasl.jaas.config': `${LOGIN} required username="alice" password="${quoted(SECRETS.scram)}";`,
  'ssl.truststore.type': 'PEM',
  'ssl.truststore.location': cluster.files.ca,
};
const config = join(cluster.directory, 'client.properties');
const lines = Object.entries(settings).map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\')}\n`);
writeFileSync(config, lines.join(''), 'latin1');

const GIVEN = ['--command-config', config, '--store', store];
const SHORT = ['--duration', '1s', '--warm-up', '500ms', '--recovery', '500ms'];
const run = (...words: string[]) => kept(['run', ...GIVEN, ...SHORT, ...words]);

/** What runs there, and what lies there. */
async function leftOn(name: 'a' | 'b'): Promise<string> {
  return hosts.get(name)!.sh(`ls -d /tmp/* /var/tmp/* 2>/dev/null; pgrep -fa '[k]ept'; :`);
}
export { readdirSync, readFileSync, rmSync, filesBelow, startKept, clock, leftOn, run, hosts, type RunInfo };
const r = await run('--load-hosts', 'a,b', '--json');
console.log(r.status, r.output.slice(0, 3000));
console.log(await leftOn('a'), await leftOn('b'));
await cluster.stop();
writeSync(1, '\n{}\n');
process.exit(0);
