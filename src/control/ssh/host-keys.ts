import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { atPath } from '../../core/paths.ts';
import { Refusal } from './connection-failures.ts';
import type { Target } from './client-config.ts';
import { acquaintance, keyType, knownHostsLine, knownKeys, knownName } from './known-hosts.ts';

/** What a host's key has to be, by known_hosts. */
export interface HostKeys {
  /** The kinds of signatures to ask the server for: those of keys that are known; null: any. */
  algorithms: string[] | null;
  /**
   * Null when the key is the host's; a new one is written down if new ones are accepted.
   * @returns the failure that ends everything otherwise.
   */
  verify(key: Buffer): Refusal | null;
}

/** A key of RSA can sign in several ways; that by SHA-1 is not asked for. */
const SIGNATURES: Record<string, string[]> = { 'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'] };

export function hostKeysOf(target: Target, options: { acceptNew: boolean }): HostKeys {
  const name = target.hostKeyAlias ?? target.host;
  // OpenSSH gives an alias no port.
  const port = target.hostKeyAlias === null ? target.port : 22;
  const files = target.knownHostsFiles.filter((file) => existsSync(file));
  const known = files.flatMap((file) =>
    knownKeys(
      atPath(file, 'read', () => readFileSync(file, 'utf8')),
      name,
      port,
    ),
  );
  const types = [...new Set(known.filter(({ isRevoked }) => !isRevoked).map(({ type }) => type))];
  const where = target.knownHostsFiles[0] ?? 'known_hosts';
  const listed = knownName(name, port);
  return {
    algorithms: types.length === 0 ? null : types.flatMap((type) => SIGNATURES[type] ?? [type]),
    verify(key) {
      const shown = `${keyType(key)} ${fingerprintOf(key)}`;
      switch (acquaintance(known, key)) {
        case 'known':
          return null;
        case 'revoked':
          return new Refusal(`The key of ${target.name} (${shown}) is marked as revoked in known_hosts`, {
            hint: 'somebody may be impersonating the host: ask who looks after it',
          });
        case 'changed':
          return new Refusal(
            `The key of ${target.name} is not the one that is known: it shows ${shown}, and known_hosts has another one for ${listed}`,
            {
              hint: `somebody may be impersonating the host. If it was set up anew, remove the old key: ssh-keygen -R "${listed}"`,
            },
          );
        case 'unknown':
          if (options.acceptNew) return remember(where, knownHostsLine(name, port, key));
          return new Refusal(
            `The key of ${target.name} is unknown: it shows ${shown}, and no known_hosts has one for ${listed}`,
            {
              hint: `compare it with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub there); then connect once by hand, or say --ssh-accept-new, which writes it into ${where}`,
            },
          );
      }
    },
  };
}

function remember(file: string, line: string): null {
  atPath(file, 'written', () => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    appendFileSync(file, text === '' || text.endsWith('\n') ? line : `\n${line}`, { mode: 0o600 });
  });
  return null;
}

/** As `ssh-keygen -l` shows it. */
function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
