/** Where nothing is known of the screen. */
export const COLUMNS_DEFAULT = 100;
/** Longer lines are hard to read, however wide the screen is. */
const COLUMNS_MAX = 100;
const COLUMNS_MIN = 40;

/** How wide a text is to be on a screen of so many columns. */
export function textColumns(screenColumns: number | undefined): number {
  if (screenColumns === undefined || !(screenColumns > 0)) return COLUMNS_DEFAULT;
  return Math.min(COLUMNS_MAX, Math.max(COLUMNS_MIN, Math.floor(screenColumns)));
}

/**
 * Breaks a text at spaces into lines of at most so many columns. A longer word, such as a path, stands whole on a line
 * of its own, so that it can be copied.
 * @param indent before each line; `first` in its place before the first one.
 */
export function paragraph(text: string, columns: number, indent: string, first = indent): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.trim().split(/\s+/)) {
    if (!isEmpty && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].filter((each) => each.trim() !== '');
}
