import { statSync } from 'node:fs';

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

/** Another directory may have taken its name. Null where there is none, or it cannot be asked for. */
function identityOf(directory: string): string | null {
  try {
    const { dev, ino } = statSync(directory, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}
