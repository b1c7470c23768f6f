import { messageOf } from '../../core/failure.ts';
import type { Clock } from '../../core/clock.ts';
import { within } from '../../core/within.ts';
import type { Probe } from '../net.ts';
import { Unforwarded, type Connection } from './connection.ts';
import type { RemoteHost } from './remote-host.ts';

/** What sshd says of an attempt that the peer's kernel answered, and of one that got no answer. */
const ANSWERED = /refused|reset/i;
const IN_VAIN = /timed out|no route|unreachable/i;
const ALIVE_TIMEOUT_MS = 3_000;
/** So long a connection may take that has to be opened again first. */
const CONNECTION_TIMEOUT_MS = 5_000;

/** Ends with 124 when the time is over: busybox's `timeout` would end with 143. */
const KNOCK = `
command -v bash >/dev/null 2>&1 || { echo "its sshd forbids forwarding, and there is no bash" >&2; exit 126; }
LC_ALL=C timeout "$3" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2"
status=$?
[ "$status" != 143 ] || status=124
exit $status`;
const BASH_MARGIN_MS = 5_000;
const TIME_OVER = 124;

/**
 * Tries a TCP connection from a host: its sshd makes it, as it does for `ssh -L`, so that nothing has to be installed there;
 * bash does where the sshd may not. Never rejects.
 */
export async function probeFrom(
  host: Pick<RemoteHost, 'connection' | 'control'>,
  to: { address: string; port: number },
  options: { timeoutMs: number; clock: Clock },
): Promise<Probe> {
  const probe = await probeBySshd(() => host.connection.current(), to, options);
  const isForbidden = probe.answer === 'no-observation' && /prohibited/i.test(probe.detail);
  return isForbidden ? probeByBash(host, to, options.timeoutMs) : probe;
}

async function probeBySshd(
  connect: () => Promise<Connection>,
  to: { address: string; port: number },
  { timeoutMs, clock }: { timeoutMs: number; clock: Clock },
): Promise<Probe> {
  try {
    const connection = await within(clock, CONNECTION_TIMEOUT_MS, connect());
    if (connection === null)
      return { answer: 'no-observation', detail: 'the connection to the node is lost' };
    const attempt = connection.forward(to.address, to.port).then(
      (stream): Probe => {
        stream.destroy();
        return { answer: 'connects', detail: 'accepted' };
      },
      (error: unknown): Probe => {
        const said = messageOf(error).replace(/^\(SSH\) Channel open failure: /, '');
        if (!(error instanceof Unforwarded)) return { answer: 'no-observation', detail: said };
        if (ANSWERED.test(said)) return { answer: 'connects', detail: said };
        return { answer: IN_VAIN.test(said) ? 'silence' : 'no-observation', detail: said };
      },
    );
    const probe = await within(clock, timeoutMs, attempt);
    if (probe !== null) return probe;
    // A control link that is silent itself tells nothing of the other one.
    if ((await within(clock, ALIVE_TIMEOUT_MS, connection.answers())) !== true)
      return { answer: 'no-observation', detail: 'the connection to the node was lost meanwhile' };
    return { answer: 'silence', detail: `nothing came within ${timeoutMs} ms` };
  } catch (error) {
    return { answer: 'no-observation', detail: messageOf(error) };
  }
}

async function probeByBash(
  { control }: Pick<RemoteHost, 'control'>,
  { address, port }: { address: string; port: number },
  timeoutMs: number,
): Promise<Probe> {
  const seconds = String(Math.ceil(timeoutMs / 1_000));
  try {
    const command = ['sh', '-c', KNOCK, 'sh', address, String(port), seconds];
    const { exitStatus, stderr } = await control.exec(command, { timeoutMs: timeoutMs + BASH_MARGIN_MS });
    if (exitStatus === 0) return { answer: 'connects', detail: 'accepted' };
    if (exitStatus === TIME_OVER) return { answer: 'silence', detail: `nothing came within ${seconds} s` };
    const detail = stderr.trim().split('\n').at(-1) ?? '';
    if (ANSWERED.test(detail)) return { answer: 'connects', detail };
    return { answer: IN_VAIN.test(detail) ? 'silence' : 'no-observation', detail };
  } catch (error) {
    return { answer: 'no-observation', detail: messageOf(error) };
  }
}
