/**
 * JSON text may name a key of an object twice, and readers silently take the last one. This finds the first such key
 * of a text that is known to be JSON; null when there is none.
 *
 * Nearly every text has as many colons as keys, so that it need not be looked at character by character.
 * @param content what the text was parsed to.
 */
export function duplicateKeyOf(text: string, content: unknown): string | null {
  return colonsIn(text) === keysIn(content) ? null : scan(text);
}

function colonsIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) count++;
  return count;
}

function keysIn(content: unknown): number {
  if (typeof content !== 'object' || content === null) return 0;
  let count = 0;
  if (Array.isArray(content)) for (const item of content) count += keysIn(item);
  else
    for (const value of Object.values(content)) count += 1 + (typeof value === 'object' ? keysIn(value) : 0);
  return count;
}

/** A text, or what opens, closes or parts objects and lists. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

function scan(text: string): string | null {
  /** By depth: the keys of the open object; null for a list. */
  const open: (Set<string> | null)[] = [];
  let last = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const key: string = JSON.parse(last);
      const keys = open.at(-1);
      if (keys?.has(key) === true) return key;
      keys?.add(key);
    } else last = token;
  }
  return null;
}
