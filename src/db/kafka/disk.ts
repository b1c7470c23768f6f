import { dirname, join } from 'node:path';
import { Failure } from '../../core/failure.ts';
import type { Remote } from '../../control/remote.ts';

/**
 * A disk of a node's own, whose power can fail: a file that is mounted as ext4. The file system is told to shut down
 * without another write (the ioctl EXT4_IOC_SHUTDOWN with NOLOGFLUSH, what `xfs_io -x -c shutdown` does), then it is
 * unmounted and mounted again. What had been synced, or written back by the kernel in its own time, is there; all else
 * was only in memory and is gone, as it would be on a machine without power.
 *
 * Loop devices need the rights of root on the machine itself: in a user namespace there are none.
 */
export interface Disk {
  /** Makes and mounts it, empty. @throws Failure when this machine cannot have one. */
  make(): Promise<void>;
  /** Brings everything so far safely to the disk. */
  sync(): Promise<void>;
  /** From now on nothing reaches it any more: writing fails. The process that writes to it should be paused. */
  shutDown(): Promise<void>;
  /** After `shutDown`, and once it is not used any more: what is really on it. */
  remount(): Promise<void>;
  /** The length of all of Kafka's record files on it, as its users see them. */
  recordBytes(): Promise<number>;
}

/** What to do where there can be none. */
export const DISKS_NEED =
  'Power loss needs root, loop devices, ext4, mkfs.ext4 (e2fsprogs) and perl. Without them: --simulate.';

/** A sparse file: it takes the room of what is written. */
const SIZE = '4G';
const COMMAND_TIMEOUT_MS = 30_000;
const SHUT_DOWN = `
  open(my $directory, "<", $ARGV[0]) or die "$ARGV[0]: $!\\n";
  my $without_flushing = pack("L", 2);
  ioctl($directory, 0x8004587d, $without_flushing) or die "EXT4_IOC_SHUTDOWN: $!\\n";`;
/** The process that held files open has just died: the kernel may need a moment to close them. */
const UNMOUNT = 'for i in 1 2 3 4 5 6 7 8 9 10; do umount "$0" && exit 0; sleep 0.1; done; exit 1';

/** One, very small, in a mount namespace of its own: made, shut down and unmounted. */
const PROBE = `
  place=$(mktemp -d)
  trap 'umount "$place/disk" 2>/dev/null; rm -rf "$place"' EXIT
  mkdir "$place/disk"
  truncate -s 16M "$place/file"
  mkfs.ext4 -q -F "$place/file"
  mount -t ext4 -o loop "$place/file" "$place/disk"
  perl -e "$0" "$place/disk"`;

/** Why this machine can have no such disk, in words; null when it can. */
export async function whyNoDisks(machine: Remote): Promise<string | null> {
  const { exitStatus, stderr } = await machine.exec(['unshare', '--mount', 'sh', '-ec', PROBE, SHUT_DOWN], {
    timeoutMs: COMMAND_TIMEOUT_MS,
  });
  if (exitStatus === 0) return null;
  return stderr.trim().split('\n').at(-1) || `exit status ${exitStatus}`;
}

/** @param directory where it is mounted; its file lies beside it. */
export function loopDisk(remote: Remote, directory: string): Disk {
  const file = join(dirname(directory), `${remote.name}.disk`);

  async function run(command: readonly string[]): Promise<string> {
    const { exitStatus, stdout, stderr } = await remote.exec(command, { timeoutMs: COMMAND_TIMEOUT_MS });
    if (exitStatus === 0) return stdout;
    const why = stderr.trim().split('\n').at(-1) ?? '';
    throw new Failure(
      `No disk whose power fails can be made for ${remote.name}: "${command[0]}" says "${why || `exit status ${exitStatus}`}".`,
      { hint: DISKS_NEED },
    );
  }
  // What is deleted leaves the file, too: a soak would fill it otherwise.
  const mount = () => run(['mount', '-t', 'ext4', '-o', 'loop,noatime,discard', file, directory]);

  return {
    async make() {
      await run(['mkdir', '-p', directory]);
      await run(['truncate', '-s', SIZE, file]);
      await run(['mkfs.ext4', '-q', '-F', '-m', '0', '-E', 'nodiscard', file]);
      await mount();
      // Kafka takes every directory for a partition.
      await run(['rmdir', join(directory, 'lost+found')]);
    },
    async sync() {
      await run(['sync', '-f', directory]);
    },
    async shutDown() {
      await run(['perl', '-e', SHUT_DOWN, directory]);
    },
    async remount() {
      await run(['sh', '-c', UNMOUNT, directory]);
      await mount();
    },
    async recordBytes() {
      const sizes = await run(['find', directory, '-name', '*.log', '-type', 'f', '-printf', '%s\\n']);
      return sizes.split('\n').reduce((sum, size) => sum + Number(size), 0);
    },
  };
}
