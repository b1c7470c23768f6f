import type { ConnectionOptions } from 'node:tls';
import type { Tls } from './endpoint.ts';

/** What Node.js is told of TLS. The name of the host is not in it: it differs from connection to connection. */
export function tlsOptions(tls: Tls): ConnectionOptions {
  return {
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key.reveal() }),
    ...(tls.archive !== undefined && { pfx: Buffer.from(tls.archive.reveal(), 'base64') }),
    ...(tls.keyPassphrase !== undefined && { passphrase: tls.keyPassphrase.reveal() }),
    ...(!tls.verifyHost && { checkServerIdentity: () => undefined }),
  };
}
