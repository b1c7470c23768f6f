import { execa } from '../../core/execa.ts';
import { abilitiesOf, abilitiesScript, type PlaceAbilities } from '../impairing/abilities.ts';
import { probeNamespaces } from './probe.ts';

const TIMEOUT_MS = 20_000;

/** What the nodes of a lab of this machine can do to packets: tried in a network of its own, which is gone at once. */
export async function abilitiesHere(): Promise<PlaceAbilities> {
  const { rootless } = await probeNamespaces();
  const user = rootless ? ['--user', '--map-root-user'] : [];
  // The lock of iptables lies in /run, where a user may not write: a lab has a /run of its own, too.
  const inside = `mount --make-rprivate / && mount -t tmpfs tmpfs /run\n${abilitiesScript('')}`;
  const { exitCode, stdout, stderr, shortMessage } = await execa(
    'unshare',
    [...user, '--net', '--mount', 'sh', '-c', inside],
    { reject: false, stdin: 'ignore', timeout: TIMEOUT_MS, env: { LC_ALL: 'C' } },
  );
  return abilitiesOf('this machine', {
    exitStatus: exitCode ?? 1,
    stdout,
    stderr: stderr || (shortMessage ?? ''),
  });
}
