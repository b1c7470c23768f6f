import { wallClockMs } from '../../core/clock.ts';
import { Secret } from '../../core/secret.ts';

const HOUR_S = 3600;

/** A JSON web token without a signature, as Kafka's login module makes one for test clusters. It lasts for an hour. */
export function unsignedToken(subject: string): Secret {
  const nowS = Math.floor(wallClockMs() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return new Secret(`${part({ alg: 'none' })}.${part({ sub: subject, iat: nowS, exp: nowS + HOUR_S })}.`);
}
