/**
 * Java's key stores. Node.js reads PEM, and PKCS#12 where it holds a private key; for everything else Java's own
 * keytool converts it. Passwords go to it through the environment, where other users cannot read them.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from '../../core/execa.ts';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import { Secret } from '../../core/secret.ts';

export type StoreType = 'PEM' | 'JKS' | 'PKCS12';

export interface Store {
  type: StoreType;
  location: string;
  password: Secret | undefined;
}

/** The certificates of a trust store as PEM. */
export async function trustedCertificates({ type, location, password }: Store): Promise<string> {
  if (type === 'PEM') return (await readStore(location, 'trust store')).toString('latin1');
  await readStore(location, 'trust store');
  const listed = await keytool(
    ['-list', '-rfc', '-keystore', location, '-storetype', type],
    password === undefined ? {} : { storepass: password },
    `the trust store ${location}`,
  );
  const certificates = listed.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length > 0) return `${certificates.join('\n')}\n`;
  throw new Failure(`The trust store ${location} holds no certificates.`, {
    hint: 'Import the certificate of the authority that signed the brokers’ certificates.',
    exitStatus: EXIT.usage,
  });
}

/** The client's key and certificates as a PKCS#12 archive in base64. */
export async function keyArchive(store: Store & { keyPassword: Secret | undefined }): Promise<Secret> {
  const { type, location, password } = store;
  const bytes = await readStore(location, 'key store');
  if (type === 'PKCS12') return new Secret(bytes.toString('base64'));
  if (password === undefined) {
    throw new Failure(`The key store ${location} needs a password.`, {
      hint: 'Set ssl.keystore.password.',
      exitStatus: EXIT.usage,
    });
  }
  const directory = await mkdtemp(join(tmpdir(), 'kept-keys-'));
  try {
    const converted = join(directory, 'keys.p12');
    await keytool(
      ['-importkeystore', '-srckeystore', location, '-srcstoretype', type, '-destkeystore', converted].concat(
        ['-deststoretype', 'PKCS12', '-noprompt'],
      ),
      { srcstorepass: password, deststorepass: password },
      `the key store ${location}`,
    );
    return new Secret((await readFile(converted)).toString('base64'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** @throws Failure (usage) that names the file */
export async function readStore(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new Failure(`The ${what} ${path} cannot be read: ${messageOf(error)}.`, { exitStatus: EXIT.usage });
  }
}

async function keytool(
  parameters: readonly string[],
  passwords: Readonly<Record<string, Secret>>,
  what: string,
): Promise<string> {
  const home = process.env['JAVA_HOME'];
  const program = home ? join(home, 'bin', 'keytool') : 'keytool';
  const named = Object.entries(passwords).map(([option, secret]) => ({
    flags: [`-${option}:env`, `KEPT_${option.toUpperCase()}`],
    variable: [`KEPT_${option.toUpperCase()}`, secret.reveal()] as const,
  }));
  const result = await execa(program, [...parameters, ...named.flatMap(({ flags }) => flags)], {
    reject: false,
    stdin: 'ignore',
    timeout: KEYTOOL_TIMEOUT_MS,
    env: { ...Object.fromEntries(named.map(({ variable }) => variable)), LC_ALL: 'C' },
  });
  if (!result.failed) return result.stdout;
  if (result.code === 'ENOENT') {
    throw new Failure(`To read ${what} Java's keytool is needed, and it is not there.`, {
      hint: 'Install Java, or convert it: keytool -list -rfc -keystore FILE > trusted.pem, then ssl.truststore.type=PEM (or --tls-ca trusted.pem).',
      exitStatus: EXIT.usage,
    });
  }
  const said = `${result.stdout}\n${result.stderr}`.split('\n').find((line) => line.includes('error'));
  throw new Failure(`Java's keytool cannot read ${what}: ${said?.trim() ?? result.shortMessage}`, {
    hint: 'Is it of the type that the settings say (JKS, PKCS12, PEM), and is its password right?',
    exitStatus: EXIT.usage,
  });
}

const KEYTOOL_TIMEOUT_MS = 30_000;
