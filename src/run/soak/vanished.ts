import { statSync } from 'node:fs';
import { realClock } from '../../core/clock.ts';

/**
 * Whether the directory of a soak is still the one that it began in. Whoever removes it, renames it or takes its disk away does
 * not end the files that are open: what is written into them goes where nobody finds it, and only the next new file fails, with
 * an error that says nothing of the reason. So the directory itself is looked at.
 * @returns what has become of it, in a clause; null while it is there.
 */
export function watchDirectory(directory: string): () => string | null {
  const begun = identityOf(directory);
  return () =>
    begun !== null && identityOf(directory) === begun
      ? null
      : `the directory ${directory} is not there any more: it was removed or renamed, or its disk was taken away. Nothing can be recorded without it`;
}

const LOOK_MS = 1_000;

/**
 * Looks once a second, from outside of any lab: a lab has mounts of its own, and goes on writing to a disk that was taken away
 * from everybody else.
 * @param onVanished called once, with a clause.
 * @returns ends it, after a last look.
 */
export function followDirectory(directory: string, onVanished: (clause: string) => void): () => void {
  const clock = realClock();
  const vanished = watchDirectory(directory);
  const ending = new AbortController();
  const look = () => {
    const clause = ending.signal.aborted ? null : vanished();
    if (clause === null) return;
    ending.abort();
    onVanished(clause);
  };
  void (async () => {
    while (!ending.signal.aborted) {
      await clock.sleep(LOOK_MS, ending.signal);
      look();
    }
  })();
  return () => {
    look();
    ending.abort();
  };
}

/** Another directory may have taken its name. Null where there is none, or it cannot be asked for. */
function identityOf(directory: string): string | null {
  try {
    const { dev, ino } = statSync(directory, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}
