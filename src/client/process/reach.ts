import { createPrivateKey } from 'node:crypto';
import { EXIT, Failure } from '../../core/failure.ts';
import type { Endpoint, Sasl, Tls } from '../endpoint.ts';
import type { ReachFields } from './protocol.ts';

/**
 * How the cluster is reached, with its secrets as they are: it goes through a pipe, and is written nowhere.
 * @throws Failure (usage) where the client's own certificate is in an archive, which few libraries take.
 */
export function reachOf({ brokers, tls, sasl }: Endpoint): ReachFields {
  if (tls?.archive !== undefined) {
    throw new Failure(
      "A client in a program of its own takes the client's key and certificate as PEM only.",
      {
        hint: 'Give them as PEM: "openssl pkcs12 -in KEYSTORE" prints what a PKCS#12 file holds.',
        exitStatus: EXIT.usage,
      },
    );
  }
  return {
    brokers,
    tls:
      tls === undefined
        ? null
        : {
            ca: tls.ca ?? null,
            cert: tls.cert ?? null,
            ...keyOfTls(tls),
            verifyHost: tls.verifyHost,
          },
    sasl: sasl === undefined ? null : saslOf(sasl),
  };
}

/** As PKCS#8 without a passphrase: libraries differ in which other forms they can read, and the Java client reads hardly any. */
function keyOfTls({ key, keyPassphrase }: Tls): { key: string | null; keyPassphrase: string | null } {
  if (key === undefined) return { key: null, keyPassphrase: null };
  const passphrase = keyPassphrase?.reveal() ?? null;
  const given = key.reveal();
  try {
    const read = createPrivateKey({ key: given, format: 'pem', ...(passphrase !== null && { passphrase }) });
    return { key: read.export({ type: 'pkcs8', format: 'pem' }).toString(), keyPassphrase: null };
  } catch {
    // It is no key, or the passphrase is another: the library will say so.
    return { key: given, keyPassphrase: passphrase };
  }
}

function saslOf(sasl: Sasl): NonNullable<ReachFields['sasl']> {
  return sasl.mechanism === 'OAUTHBEARER'
    ? { mechanism: sasl.mechanism, token: sasl.token.reveal() }
    : { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password.reveal() };
}
