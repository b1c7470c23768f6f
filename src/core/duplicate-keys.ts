import { NESTING_MAX } from './nesting.ts';

/**
 * JSON text may name a key of an object twice, and readers silently take the last one. This finds the first such key
 * of a text that is known to be JSON; null when there is none.
 *
 * Nearly every text has as many colons as keys, so that it need not be looked at character by character.
 * @param content what the text was parsed to.
 */
export function duplicateKeyOf(text: string, content: unknown): string | null {
  return duplicateKeyIn(text, content)?.key ?? null;
}

/** The same of a list, with the number of the item that it is in, from 1. */
export function duplicateKeyIn(text: string, content: unknown): { key: string; item: number } | null {
  const keys = keysIn(content);
  if (colonsIn(text) === keys || colonsBetweenTexts(text) === keys) return null;
  return scan(text);
}

function colonsIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) count++;
  return count;
}

function colonsBetweenTexts(text: string): number {
  let count = 0;
  let isText = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) isText = !isText;
    else if (isText && char === BACKSLASH) at++;
    else if (char === COLON && !isText) count++;
  }
  return count;
}

const [COLON, QUOTE, BACKSLASH] = [':', '"', '\\'].map((char) => char.charCodeAt(0));

/** NaN where lists and objects stand in each other so deep that nothing may walk through them. */
function keysIn(content: unknown, depth = 0): number {
  if (typeof content !== 'object' || content === null) return 0;
  if (depth > NESTING_MAX) return NaN;
  let count = 0;
  if (Array.isArray(content)) {
    for (const item of content) if (typeof item === 'object') count += keysIn(item, depth + 1);
    return count;
  }
  // Objects of JSON.parse inherit nothing that could be enumerated.
  for (const name in content) {
    const value = (content as Record<string, unknown>)[name];
    count += typeof value === 'object' ? 1 + keysIn(value, depth + 1) : 1;
  }
  return count;
}

/** A text, or what opens, closes or parts objects and lists. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

function scan(text: string): { key: string; item: number } | null {
  /** By depth: the keys of the open object; null for a list. */
  const open: (Set<string> | null)[] = [];
  let last = '';
  let item = 1;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const key: string = JSON.parse(last);
      const keys = open.at(-1);
      if (keys?.has(key) === true) return { key, item };
      keys?.add(key);
    } else if (token === ',') item += open.length === 1 ? 1 : 0;
    else last = token;
  }
  return null;
}
