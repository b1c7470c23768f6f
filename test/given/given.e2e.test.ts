import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { realClock } from '../../src/core/clock.ts';
import { createAdmin } from '../../src/client/kafkajs/admin.ts';
import type { Result } from '../../src/checker/result.ts';
import type { RunInfo } from '../../src/history/run.ts';
import { filesBelow, kept, startKept } from './run-kept.ts';
import { SECRETS, securedCluster, type SecuredCluster } from './secured-cluster.ts';

/** A real cluster that kept did not make, behind TLS and SASL: audited, and its secrets are nowhere in the store. */
let cluster: SecuredCluster;
const store = mkdtempSync(join(tmpdir(), 'kept-given-'));
const SHORT = ['--duration', '1s', '--warm-up', '500ms', '--recovery', '500ms', '--store', store];
const LOGIN = 'org.apache.kafka.common.security';

test.before(async () => {
  cluster = await securedCluster('4.4.0');
});

test.after.always(async () => {
  await cluster?.stop();
  rmSync(store, { recursive: true, force: true });
});

/** A file as Kafka's own tools take it. */
function clientProperties(name: string, settings: Record<string, string>): string {
  const path = join(cluster.directory, name);
  const escaped = (value: string) => value.replaceAll('\\', '\\\\');
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${escaped(value)}\n`);
  writeFileSync(path, lines.join(''), 'latin1');
  return path;
}

const quoted = (password: string) => `"${password.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
const scram = () => ({
  'bootstrap.servers': cluster.brokers('secure').slice(0, 1).join(','),
  'security.protocol': 'SASL_SSL',
  'sasl.mechanism': 'SCRAM-SHA-512',
  'sasl.jaas.config': `${LOGIN}.scram.ScramLoginModule required username="alice" password=${quoted(SECRETS.scram)};`,
  'ssl.truststore.type': 'PEM',
  'ssl.truststore.location': cluster.files.ca,
});

function lastRun(): { directory: string; info: RunInfo } {
  const number = Math.max(...readdirSync(store).map((name) => Number(name.slice('run-'.length))));
  const directory = join(store, `run-${number}`);
  return { directory, info: JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')) as RunInfo };
}

const topicsNow = async (): Promise<string[]> => {
  const admin = createAdmin({ endpoint: { brokers: cluster.brokers('open') }, clock: realClock() });
  const run = lastRun().info.topic;
  const found = await admin.describeTopic(run);
  await admin.close();
  return found === null ? [] : [run];
};

test.serial('a cluster behind SASL_SSL is audited with what its own tools are given', async (t) => {
  const file = clientProperties('client.properties', { ...scram(), 'client.id': 'me' });
  const { status, output } = await kept(['run', '--command-config', file, ...SHORT]);
  t.is(status, 0, output);
  t.regex(output, /these settings are not used: client\.id/);
  t.regex(output, /VALID/);
  t.regex(
    output,
    /at most 200 writes\/s, 25 KiB\/s before replication, for 2\.0 s/,
    'the load is told first',
  );
  const { info } = lastRun();
  t.is(info.lab, 'given');
  t.deepEqual(
    info.nodes.map(({ name }) => name),
    ['kafka1', 'kafka2', 'kafka3'],
  );
  t.like(info.contract, { minInsyncReplicas: 2, replicationFactor: 3, uncleanLeaderElection: false });
  t.is(info.contract.assumed, undefined);
  t.deepEqual(await topicsNow(), [], 'the topic that the run made is gone');
});

test.serial('every way to say who one is works', async (t) => {
  const [secure, mutual] = [cluster.brokers('secure')[1]!, cluster.brokers('mutual')[1]!];
  const { ca, cert, key } = cluster.files;
  const base = ['run', '--bootstrap-server'];
  const ways: [string, string[], Record<string, string>][] = [
    ['PLAIN', [...base, secure, '--tls-ca', ca, '--sasl', 'PLAIN', '--sasl-username', 'alice'], { KEPT_SASL_PASSWORD: SECRETS.alice }],
    ['SCRAM-SHA-256', [...base, secure, '--tls-ca', ca, '--sasl', 'scram-sha-256', '--sasl-username', 'alice'], { KEPT_SASL_PASSWORD: SECRETS.scram }],
    ['a certificate', [...base, mutual, '--tls-ca', ca, '--tls-cert', cert, '--tls-key', key], { KEPT_TLS_KEY_PASSPHRASE: SECRETS.keyPassphrase }],
    ['OAUTHBEARER', ['run', '--command-config', oauthFile()], {}],
    ['stores of Java', ['run', '--command-config', javaStores()], {}],
  ]; // prettier-ignore
  for (const [name, words, environment] of ways) {
    const { status, output } = await kept([...words, ...SHORT], environment);
    t.is(status, 0, `${name}: ${output}`);
  }
});

function oauthFile(): string {
  return clientProperties('oauth.properties', {
    ...scram(),
    'sasl.mechanism': 'OAUTHBEARER',
    'sasl.jaas.config': `${LOGIN}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="alice";`,
  });
}

/** A trust store in JKS and a key store in PKCS#12, as most people have them. */
function javaStores(): string {
  const at = (name: string) => join(cluster.directory, name);
  const password = SECRETS.storePassword;
  execFileSync('keytool', ['-importcert', '-noprompt', '-alias', 'ca', '-file', cluster.files.ca, '-keystore', at('trust.jks'), '-storetype', 'JKS', '-storepass', password], { stdio: 'pipe' }); // prettier-ignore
  execFileSync('openssl', ['pkcs12', '-export', '-in', cluster.files.cert, '-inkey', at('client.key'), '-out', at('keys.p12'), '-passout', `pass:${password}`]); // prettier-ignore
  return clientProperties('stores.properties', {
    'bootstrap.servers': cluster.brokers('mutual').join(','),
    'security.protocol': 'SSL',
    'ssl.truststore.location': at('trust.jks'),
    'ssl.truststore.password': password,
    'ssl.keystore.location': at('keys.p12'),
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.password': password,
  });
}

test.serial(
  'an application’s client, with idempotence and retries of its own, connects in the same way',
  async (t) => {
    const file = clientProperties('client.properties', scram());
    const more = ['--idempotence', '--retries', '3', '--consumers', '1'];
    const { status, output } = await kept(['run', '--command-config', file, ...more, ...SHORT]);
    t.regex(output, /acknowledged +[1-9]/, output);
    const { findings } = JSON.parse(
      readFileSync(join(lastRun().directory, 'results.json'), 'utf8'),
    ) as Result;
    const violations = findings.filter(({ judgement }) => judgement === 'violation');
    // Where a slow machine makes it send again, this library gives two records one sequence number, and is accused of it.
    t.true(
      violations.every(({ blame }) => blame === 'client'),
      output,
    );
    t.is(status, violations.length === 0 ? 0 : 1, output);
  },
);

test.serial('what is wrong is told in a sentence, with what to do', async (t) => {
  const { ca, otherCa, cert, key } = cluster.files;
  const [secure, mutual, open, lost] = (['secure', 'mutual', 'open', 'lost'] as const).map(
    (listener) => cluster.brokers(listener)[0]!,
  ) as [string, string, string, string];
  const plain = (user: string) => ['--tls-ca', ca, '--sasl', 'PLAIN', '--sasl-username', user];
  const password = { KEPT_SASL_PASSWORD: SECRETS.alice };
  const cases: [string[], Record<string, string>, number, RegExp][] = [
    [[secure, '--tls-ca', otherCa, '--sasl', 'PLAIN', '--sasl-username', 'alice'], password, 2, /authority that is not trusted here[\s\S]*--tls-ca/],
    [[secure, ...plain('mallory')], password, 2, /PLAIN was refused[\s\S]*Check the user/],
    [[secure, '--sasl', 'PLAIN', '--sasl-username', 'alice'], password, 2, /may want TLS/],
    [[secure, '--tls-ca', ca], {}, 2, /may want SASL/],
    [[open, '--tls-ca', ca], {}, 2, /no TLS at all/],
    [[mutual, '--tls-ca', ca], {}, 2, /wants one[\s\S]*--tls-cert/],
    [[mutual, '--tls-ca', ca, '--tls-cert', cert, '--tls-key', key], {}, 2, /key or certificates cannot be used[\s\S]*KEPT_TLS_KEY_PASSPHRASE/],
    [[secure, ...plain('bob')], { KEPT_SASL_PASSWORD: SECRETS.bob }, 2, /TOPIC_AUTHORIZATION_FAILED[\s\S]*lacks the right/],
    [[secure, ...plain('bob'), '--topic', 'orders'], { KEPT_SASL_PASSWORD: SECRETS.bob }, 2, /TOPIC_AUTHORIZATION_FAILED/],
    [[open, '--topic', 'orders'], {}, 64, /There is no topic orders/],
    [[lost], {}, 2, /advertises brokers at 127\.86\.0\.1:1[\s\S]*advertised\.listeners/],
    [['127.86.0.1:9'], {}, 2, /nothing listens there/],
    [['no.such.host.invalid:9092'], {}, 2, /name is not known/],
    [['kafka'], {}, 64, /Expected addresses such as kafka1:9092/],
    [[open, '--faults', 'kill'], {}, 64, /no hands on a cluster[\s\S]*--fault-hook/],
    [[open, '--kafka', '3.9.1'], {}, 64, /--kafka is about a cluster that the run starts/],
    [[secure, '--tls-ca', ca, '--sasl', 'PLAIN', '--sasl-username', 'alice'], {}, 64, /no terminal to ask[\s\S]*KEPT_SASL_PASSWORD/],
    [[secure, '--tls-ca', key], {}, 64, /holds no certificate/],
  ]; // prettier-ignore
  for (const [words, environment, expected, text] of cases) {
    const { status, output } = await kept(['run', '--bootstrap-server', ...words, ...SHORT], environment);
    t.is(status, expected, `${words.join(' ')}: ${output}`);
    t.regex(output, text, words.join(' '));
    t.notRegex(output, /internal error|\n\s+at /, words.join(' '));
  }
  const { status, output } = await kept(['run', '--topic', 'orders', ...SHORT]);
  t.is(status, 64);
  t.regex(output, /--topic is about a cluster that is there already/);
});

test.serial('a topic of the user must be empty, or is read from its end; it stays', async (t) => {
  const open = ['run', '--bootstrap-server', cluster.brokers('open').join(','), ...SHORT];
  const first = await kept([...open, '--keep-topic']);
  t.is(first.status, 0, first.output);
  const { topic } = lastRun().info;
  const refused = await kept([...open, '--topic', topic]);
  t.is(refused.status, 64);
  t.regex(refused.output, /is not empty[\s\S]*--from end/);
  const second = await kept([...open, '--topic', topic, '--from', 'end', '--consumers', '1', '--acks', '1']);
  t.is(second.status, 0, second.output);
  const { info, directory } = lastRun();
  t.is(info.topic, topic);
  const result = JSON.parse(readFileSync(join(directory, 'results.json'), 'utf8')) as {
    counts: { ok: number; found: number };
  };
  t.true(result.counts.ok > 0);
  t.deepEqual(await topicsNow(), [topic], 'it is not the run’s to delete');
});

/** The run of a hook that pauses brokers: what it is given to find them, and the words that ask for it. */
function pausing(faults: string[]) {
  const file = join(cluster.directory, 'pids');
  writeFileSync(file, [...cluster.processes].map(([name, child]) => `${name} ${child.pid}\n`).join(''));
  const hook = `sh ${join(import.meta.dirname, 'pausing-hook.sh')}`;
  return {
    words: ['run', '--bootstrap-server', cluster.brokers('open').join(','), '--fault-hook', hook, ...faults],
    environment: { PIDS: file },
  };
}

test.serial('faults by a hook need consent, are seen to take effect, and are healed', async (t) => {
  const { words, environment } = pausing(['--faults', 'pause', '--fault-duration', '3s', '--duration', '14s', '--seed', '5', '--store', store]); // prettier-ignore
  const refused = await kept(words, environment);
  t.is(refused.status, 64);
  t.regex(
    refused.output,
    /FAULTS ON NODES THAT KEPT DID NOT MAKE[\s\S]*kafka1 \(127[\s\S]*pausing-hook[\s\S]*pause /,
  );
  t.regex(refused.output, /--yes-break-these-nodes/);
  const { status, output } = await kept([...words, '--yes-break-these-nodes'], environment);
  t.is(status, 0, output);
  const events = eventsOf(lastRun().directory);
  const starts = events.filter(({ type }) => type === 'fault-start');
  t.true(starts.length > 0);
  for (const start of starts) {
    t.is(start['verified'], undefined, 'kept has seen it by itself');
    t.regex(String(start['evidence']), /a signal was sent; kafka\d did not answer any more/);
  }
  t.is(events.filter(({ type }) => type === 'fault-stop').length, starts.length);
});

test.serial('a fault is healed by the hook although the tool is killed', async (t) => {
  const { words, environment } = pausing(['--faults', 'pause', '--fault-interval', '500ms', '--fault-duration', '60s', '--duration', '140s', '--store', store, '--yes-break-these-nodes']); // prettier-ignore
  const { child } = startKept(words, environment);
  const stopped = () => [...cluster.processes.values()].some(({ pid }) => stateOf(pid!) === 'T');
  for (let look = 0; !stopped(); look++) {
    if (look > 600) t.fail('nothing was struck');
    await realClock().sleep(100);
  }
  child.kill('SIGKILL');
  for (let look = 0; stopped(); look++) {
    if (look > 150) t.fail('15 s after the tool was killed its fault is still in force');
    await realClock().sleep(100);
  }
  t.pass();
});

function eventsOf(directory: string): Record<string, unknown>[] {
  return readFileSync(join(directory, 'events.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** `T`: stopped. */
function stateOf(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];
}

test.serial('no secret is anywhere in what all these runs have left', (t) => {
  const files = filesBelow(store);
  t.true(files.length > 30);
  t.true(
    files.some(({ bytes }) => bytes.includes('127.86.')),
    'what is not secret is found in this way',
  );
  const pem = readFileSync(join(cluster.directory, 'client.key'), 'utf8').split('\n')[1]!;
  const token = Buffer.from('{"sub":"alice"').toString('base64url').slice(0, -2);
  for (const secret of [...Object.values(SECRETS), pem, token]) {
    const forms = [secret, JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64')];
    for (const form of forms)
      t.deepEqual(
        files.filter(({ bytes }) => bytes.includes(form)).map(({ path }) => path),
        [],
        form,
      );
  }
});
