import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * OpenSSH's known_hosts: which keys a host is known by. Pure: from the text of the files to an answer.
 */
export interface KnownKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`: the first word of the key itself. */
  type: string;
  key: Buffer;
  isRevoked: boolean;
}

/** How a host's own key compares with those that are known. */
export type Acquaintance = 'known' | 'unknown' | 'changed' | 'revoked';

/** The name under which a host stands there: without its port where that is the usual one. */
export function knownName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/** All keys that the text has for a host. Lines that are none, and certificate authorities, are passed over. */
export function knownKeys(text: string, host: string, port: number): KnownKey[] {
  const name = knownName(host, port);
  return text.split('\n').flatMap((line) => {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0]!.startsWith('#')) return [];
    const marker = words[0]!.startsWith('@') ? words.shift() : null;
    if (marker === '@cert-authority' || (marker !== null && marker !== '@revoked')) return [];
    const [patterns, type, base64] = words;
    if (patterns === undefined || type === undefined || base64 === undefined) return [];
    if (!matches(patterns, name)) return [];
    const key = Buffer.from(base64, 'base64');
    return keyType(key) === type ? [{ type, key, isRevoked: marker === '@revoked' }] : [];
  });
}

/** A revoked key is refused wherever it also stands; a host of which other keys are known is not a new one. */
export function acquaintance(known: readonly KnownKey[], key: Buffer): Acquaintance {
  const same = known.filter((one) => one.key.equals(key));
  if (same.some(({ isRevoked }) => isRevoked)) return 'revoked';
  if (same.length > 0) return 'known';
  return known.some(({ isRevoked }) => !isRevoked) ? 'changed' : 'unknown';
}

/** The word that a key in wire form begins with: its length in four bytes, then the word. */
export function keyType(key: Buffer): string {
  return key.length < 4 ? '' : key.toString('latin1', 4, 4 + key.readUInt32BE(0));
}

/** A line that makes a host known. */
export function knownHostsLine(host: string, port: number, key: Buffer): string {
  return `${knownName(host, port)} ${keyType(key)} ${key.toString('base64')}\n`;
}

function matches(patterns: string, name: string): boolean {
  if (patterns.startsWith('|1|')) return isHashOf(patterns, name);
  const list = patterns.split(',');
  if (list.some((pattern) => pattern.startsWith('!') && isLike(pattern.slice(1), name))) return false;
  return list.some((pattern) => !pattern.startsWith('!') && isLike(pattern, name));
}

/** `|1|SALT|HASH`, both in base64: HMAC-SHA1 of the name with the salt as its key. */
function isHashOf(hashed: string, name: string): boolean {
  const [, , salt, hash] = hashed.split('|');
  if (salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function isLike(pattern: string, name: string): boolean {
  const like = pattern
    .toLowerCase()
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${like}$`).test(name);
}
