import { Failure, messageOf } from '../../core/failure.ts';
import type { Target } from './client-config.ts';

/** The host, or the user's own files, say no: to ask again would change nothing. */
export class Refusal extends Failure {}

/** Nothing came at all. */
export function silent({ name, host, port }: Target, ms: number): Failure {
  return new Failure(`${name} does not answer: nothing came from ${host}:${port} within ${ms / 1_000} s`, {
    hint: 'is the host up, and does a firewall let this machine through?',
  });
}

const UNRESOLVED = new Set(['ENOTFOUND', 'EAI_AGAIN']);
const UNREACHABLE = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);

/** In the words of a person who wants to know what to do. */
export function explained(
  target: Target,
  error: Error & { code?: string; level?: string },
  notes: readonly string[],
): Failure {
  const { name, host, port, user } = target;
  const place = `${host}:${port}`;
  const code = error.code ?? '';
  if (UNRESOLVED.has(code))
    return new Failure(`There is no host "${host}": its name cannot be resolved`, {
      hint: `an alias needs a HostName in ~/.ssh/config`,
    });
  if (code === 'ECONNREFUSED')
    return new Failure(`${name} refuses connections: no sshd listens on ${place}`, {
      hint: 'start it there, or name its port: user@host:2222',
    });
  if (UNREACHABLE.has(code))
    return new Failure(`${name} cannot be reached: ${place} says ${code}`, {
      hint: 'is the host up, and does a firewall let this machine through?',
    });
  if (error.level === 'client-authentication')
    return new Refusal(`${name} does not let ${user} in: no key and no password was accepted`, {
      hint: [...notes, `"ssh ${name}" should work before kept can`].join('; '),
    });
  return new Failure(`The connection to ${name} (${place}) failed: ${messageOf(error)}`, {
    hint: `"ssh ${name}" should work before kept can`,
  });
}
