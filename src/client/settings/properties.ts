/**
 * Java's properties files, as `java.util.Properties` loads them from bytes: Latin-1, comments with `#` and `!`, lines
 * that go on behind a backslash, escapes, and `=`, `:` or blanks between a key and its value.
 */
export class PropertiesProblem extends Error {
  override readonly name = 'PropertiesProblem';
}

/** @throws PropertiesProblem for a broken `\u` escape, with the key that it stands at */
export function parseProperties(bytes: Uint8Array): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of logicalLines(Buffer.from(bytes).toString('latin1'))) {
    const keyEnd = endOfKey(line);
    const valueStart = /^[ \t\f]*[=:]?[ \t\f]*/.exec(line.slice(keyEnd))![0].length + keyEnd;
    settings.set(unescaped(line.slice(0, keyEnd), line), unescaped(line.slice(valueStart), line));
  }
  return settings;
}

/** Lines as they are meant: joined where they go on, without comments and blank ones. */
function* logicalLines(text: string): Generator<string> {
  let open: string | null = null;
  for (const natural of text.split(/\r\n|\r|\n/)) {
    const line = natural.replace(/^[ \t\f]+/, '');
    if (open === null && (line === '' || /^[#!]/.test(line))) continue;
    const goesOn = /\\*$/.exec(line)![0].length % 2 === 1;
    const joined: string = (open ?? '') + (goesOn ? line.slice(0, -1) : line);
    // As long as nothing stands in it, it has not begun.
    if (goesOn) open = joined === '' ? null : joined;
    else {
      open = null;
      if (joined !== '') yield joined;
    }
  }
  if (open !== null) yield open;
}

/** Where the first `=`, `:` or blank stands that no backslash escapes. */
function endOfKey(line: string): number {
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (/[=: \t\f]/.test(line[at]!)) return at;
  }
  return line.length;
}

const LETTERS: Record<string, string> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescaped(text: string, line: string): string {
  return text.replaceAll(/\\(u[\s\S]{0,4}|[\s\S]?)/g, (_, escape: string) => {
    if (!escape.startsWith('u')) return LETTERS[escape] ?? escape;
    if (/^u[\dA-Fa-f]{4}$/.test(escape)) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    // Never the line itself: a password may stand in it.
    throw new PropertiesProblem(
      `the setting "${line.slice(0, endOfKey(line))}" has a \\u without four hexadecimal digits`,
    );
  });
}
