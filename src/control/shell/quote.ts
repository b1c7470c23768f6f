/** Words as a POSIX shell reads them back, whatever they hold. */
export function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
}

/** A text as one word for the format `%b` of the shell's own printf, which then prints exactly that text. */
export function escapedForPrintf(text: string): string {
  return quoted([text.replaceAll('\\', '\\\\').replaceAll('\0', '\\0000')]);
}
