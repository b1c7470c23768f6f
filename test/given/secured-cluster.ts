/**
 * A real cluster as somebody else would run it: three brokers on loopback addresses with listeners of many kinds, keys
 * made by openssl, users of every mechanism, and rights. kept has no hands on it, and only connects.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { classPath, QUICK_FLAGS } from '../../src/db/kafka/command.ts';
import { resolveDistribution, type Distribution } from '../../src/db/kafka/distribution.ts';

export const PORTS = { open: 9092, secure: 9094, mutual: 9095, lost: 9096 } as const;

/** Secrets that no file of a run may hold. */
export const SECRETS = {
  alice: 'alice-plain-5ecret',
  // Of what both a properties file and a login module have to escape.
  scram: String.raw`scram-5ecret;#:!\x`,
  bob: 'bob-plain-5ecret',
  keyPassphrase: 'key-passphrase-5ecret',
  storePassword: 'store-password-5ecret',
} as const;

export interface SecuredCluster {
  directory: string;
  distribution: Distribution;
  /** `host:port` of each broker's listener of that kind. */
  brokers(listener: keyof typeof PORTS): string[];
  /** The certificate of the authority; of another one; the client's certificate and its key. */
  files: { ca: string; otherCa: string; cert: string; key: string };
  /** The brokers' processes, to be struck. */
  processes: Map<string, ChildProcess>;
  start(id: number): Promise<void>;
  stop(): Promise<void>;
}

const LOGIN = 'org.apache.kafka.common.security';

/** @param addressOf where each broker listens; loopback addresses if absent. */
export async function securedCluster(
  kafka: string,
  size = 3,
  addressOf = (id: number) => `127.86.${process.pid & 255}.${id}`,
): Promise<SecuredCluster> {
  const distribution = await resolveDistribution({ kafka, environment: process.env });
  const directory = mkdtempSync(join(tmpdir(), 'kept-secured-'));
  const ids = Array.from({ length: size }, (_, index) => index + 1);
  const files = makeKeys(directory, ids.map(addressOf));
  const processes = new Map<string, ChildProcess>();

  const configure = (id: number) => {
    const address = addressOf(id);
    const listeners = (host: (name: string) => string) =>
      Object.entries(LISTENERS)
        .map(
          ([name, { port }]) =>
            `${name}://${host(name)}:${name === 'LOST' && host(name) !== address ? 1 : port}`,
        )
        .join(',');
    const settings = {
      'process.roles': 'broker,controller',
      'node.id': id,
      'controller.quorum.voters': ids.map((each) => `${each}@${addressOf(each)}:9093`).join(','),
      'controller.listener.names': 'CONTROLLER',
      'inter.broker.listener.name': 'INTERNAL',
      listeners: `${listeners(() => address)},CONTROLLER://${address}:9093`,
      'advertised.listeners': listeners((name) => (name === 'LOST' ? '127.86.0.1' : address)),
      'listener.security.protocol.map': [
        ...Object.entries(LISTENERS).map(([name, { protocol }]) => `${name}:${protocol}`),
        'CONTROLLER:PLAINTEXT',
      ].join(','),
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      'listener.name.secure.plain.sasl.jaas.config': `${LOGIN}.plain.PlainLoginModule required user_alice="${SECRETS.alice}" user_bob="${SECRETS.bob}";`,
      'listener.name.secure.scram-sha-256.sasl.jaas.config': `${LOGIN}.scram.ScramLoginModule required;`,
      'listener.name.secure.scram-sha-512.sasl.jaas.config': `${LOGIN}.scram.ScramLoginModule required;`,
      'listener.name.secure.oauthbearer.sasl.jaas.config': `${LOGIN}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': join(directory, 'broker.pem'),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': files.ca,
      'listener.name.mutual.ssl.client.auth': 'required',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:alice;User:ANONYMOUS;User:CN=client',
      'log.dirs': join(directory, `data-${id}`),
      'auto.create.topics.enable': 'false',
      'offsets.topic.replication.factor': Math.min(3, size),
      'broker.session.timeout.ms': 3000,
      'broker.heartbeat.interval.ms': 500,
      'replica.fetch.backoff.ms': 100,
    };
    const text = Object.entries(settings)
      .map(([name, value]) => `${name}=${String(value).replaceAll('\\', '\\\\')}\n`)
      .join('');
    writeFileSync(join(directory, `server-${id}.properties`), text);
  };

  const java = (...words: string[]) => [...QUICK_FLAGS, '-Xmx320m', '-cp', classPath(distribution), ...words];
  for (const id of ids) configure(id);
  await Promise.all(
    ids.map((id) =>
      ended(
        spawn(
          distribution.java.path,
          java(
            'kafka.tools.StorageTool',
            'format',
            '-t',
            CLUSTER_ID,
            '-c',
            join(directory, `server-${id}.properties`),
            ...scramUsers(),
          ),
          { stdio: ['ignore', 'ignore', 'inherit'] },
        ),
      ),
    ),
  );

  const start = async (id: number): Promise<void> => {
    const log = createWriteStream(join(directory, `kafka${id}.log`), { flags: 'a' });
    const child = spawn(
      distribution.java.path,
      java('kafka.Kafka', join(directory, `server-${id}.properties`)),
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    processes.set(`kafka${id}`, child);
    await untilListening(addressOf(id), PORTS.secure, child);
  };
  const stop = async () => {
    await Promise.all(
      [...processes.values()].map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await gone;
      }),
    );
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await Promise.all(ids.map(start));
  } catch (error) {
    const logs = ids
      .map((id) => readFileSync(join(directory, `kafka${id}.log`), 'utf8').slice(-1500))
      .join('\n');
    await stop();
    throw new Error(`the secured cluster did not start: ${String(error)}\n${logs}`, { cause: error });
  }
  return {
    directory,
    distribution,
    brokers: (listener) => ids.map((id) => `${addressOf(id)}:${PORTS[listener]}`),
    files,
    processes,
    start,
    stop,
  };
}

const CLUSTER_ID = 'securedsecuredsecuredA';

const LISTENERS = {
  INTERNAL: { port: 9091, protocol: 'PLAINTEXT' },
  OPEN: { port: PORTS.open, protocol: 'PLAINTEXT' },
  SECURE: { port: PORTS.secure, protocol: 'SASL_SSL' },
  MUTUAL: { port: PORTS.mutual, protocol: 'SSL' },
  // It listens, and advertises a place where nothing does.
  LOST: { port: PORTS.lost, protocol: 'PLAINTEXT' },
} as const;

function scramUsers(): string[] {
  return ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=alice,password=${SECRETS.scram}]`,
  ]);
}

/** An authority and what it signed for the brokers and for a client; and another authority that signed nothing here. */
function makeKeys(directory: string, addresses: readonly string[]): SecuredCluster['files'] {
  const at = (name: string) => join(directory, name);
  const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'pipe', cwd: directory });
  const authority = (name: string) =>
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
      '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`); // prettier-ignore
  const signed = (name: string, extension: string) => {
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`,
      '-keyout', `${name}.key`, '-out', `${name}.csr`); // prettier-ignore
    writeFileSync(at(`${name}.ext`), extension);
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
      '-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.crt`); // prettier-ignore
  };
  mkdirSync(directory, { recursive: true });
  authority('ca');
  authority('other');
  signed('broker', `subjectAltName=${addresses.map((address) => `IP:${address}`).join(',')}\n`);
  signed('client', 'extendedKeyUsage=clientAuth\n');
  writeFileSync(
    at('broker.pem'),
    readFileSync(at('broker.key'), 'utf8') + readFileSync(at('broker.crt'), 'utf8'),
  );
  openssl(
    'pkcs8',
    '-topk8',
    '-in',
    'client.key',
    '-out',
    'client-locked.key',
    '-passout',
    `pass:${SECRETS.keyPassphrase}`,
  );
  return { ca: at('ca.pem'), otherCa: at('other.pem'), cert: at('client.crt'), key: at('client-locked.key') };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', (status) => (status === 0 ? resolve() : reject(new Error(`exit status ${status}`))));
    child.once('error', reject);
  });
}

async function untilListening(host: string, port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (child.exitCode !== null) throw new Error(`the broker ended with ${child.exitCode}`);
    const listens = await new Promise<boolean>((resolve) => {
      const socket = connect({ host, port }, () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (listens) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the broker does not listen after 60 s');
}
