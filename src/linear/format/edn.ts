import { Failure } from '../../core/failure.ts';
import { identity, type Value } from '../operation.ts';
import { NEMESIS } from './event.ts';
import { exactNumber } from './number.ts';
import type { Notation, Words } from './notation.ts';

/**
 * A reader of EDN as Jepsen writes it: forms, each with its line. A history is a list of operations as often as a stream
 * of them, so of a list at the outermost level the items are read one by one.
 *
 * Own code, because the packages at hand return null for text that breaks off in the middle and stop after the first
 * form: half a history would be judged as if it were whole. Keywords and symbols become texts without their colon,
 * sets become sorted arrays, tagged forms what they tag, integers beyond 2^53 and ratios texts.
 *
 * @param words where the notations of words are kept apart, for a history in which the same word must be the same value.
 */
export function ednEntries(
  text: string,
  words?: Words,
): { next(): { form: Value; line: number } | undefined } {
  const reader = new Reader(text, 1, words);
  return { next: () => reader.nextEntry() };
}

/** The first form of a text. @throws Failure where there is none. */
export function readForm(text: string, line: number, words?: Words): Value {
  const first = new Reader(text, line, words).nextValue();
  if (first === undefined) throw new Failure(`Line ${line} lacks a value.`);
  return first.form;
}

/** The only form of a text. @throws Failure where there is none, or more than one. */
export function readOnlyForm(text: string, line: number, words?: Words): Value {
  const reader = new Reader(text, line, words);
  const first = reader.nextValue();
  if (first === undefined) throw new Failure(`Line ${line} lacks a value.`);
  if (reader.nextValue() === undefined) return first.form;
  throw new Failure(`Line ${line} has several forms where one value belongs: ${text.trim().slice(0, 60)}`);
}

class Reader {
  readonly #text: string;
  #at = 0;
  #line: number;
  #depth = 0;
  /** What closes the list whose items are entries; empty outside of lists. */
  #closing = '';
  /** How deep the map of an entry lies: a tag before it is a form around it. */
  #entryDepth = 1;
  readonly #words: Words | undefined;
  /** Whether what is read now belongs to a value or a key, so that its notation matters. */
  #isTelling = false;
  /** The words of the entry that is read now. They count unless a nemesis said them. */
  #spoken: { word: string; notation: Notation; line: number }[] = [];
  /** Of the latest plain map, at the places of its keys in a match: the keys, and whether their values' words count. */
  readonly #names: string[] = [];
  readonly #areTelling: boolean[] = [];

  constructor(text: string, line: number, words: Words | undefined) {
    this.#text = text;
    this.#line = line;
    this.#words = words;
  }

  /** A value that stands alone. */
  nextValue(): { form: Value; line: number } | undefined {
    this.#skip();
    if (this.#at >= this.#text.length) return undefined;
    this.#isTelling = this.#words !== undefined;
    return this.#lined();
  }

  nextEntry(): { form: Value; line: number } | undefined {
    for (;;) {
      this.#skip();
      if (this.#at >= this.#text.length && this.#closing === '') return undefined;
      const char = this.#text[this.#at];
      if (this.#closing === '' && (char === '[' || char === '(')) this.#closing = char === '[' ? ']' : ')';
      else if (char === this.#closing) this.#closing = '';
      else return this.#lined();
      this.#at++;
    }
  }

  #lined(): { form: Value; line: number } {
    const line = this.#line;
    this.#entryDepth = 1;
    const form = this.#form();
    if (this.#spoken.length > 0) {
      if (!isOfNemesis(form)) {
        for (const { word, notation, line: at } of this.#spoken) this.#words!.add(word, notation, at);
      }
      this.#spoken = [];
    }
    return { form, line };
  }

  #speak(word: Value, notation: Notation): void {
    if (typeof word !== 'string' || (notation === 'text' && !this.#words!.wantsTexts)) return;
    this.#spoken.push({ word, notation, line: this.#line });
  }

  #form(): Value {
    if (++this.#depth > DEPTH_MAX) throw new Failure(`Line ${this.#line} nests more than ${DEPTH_MAX} deep.`);
    const form = this.#formByStart();
    this.#depth--;
    return form;
  }

  #formByStart(): Value {
    this.#skip();
    const char = this.#text[this.#at];
    switch (char) {
      case undefined:
        throw new Failure(`The history breaks off in the middle of a form, in line ${this.#line}.`, {
          hint: 'Was it copied while it was being written? Remove the last, unfinished form.',
        });
      case '{':
        return this.#map();
      case '[':
        return this.#sequence(']');
      case '(':
        return this.#sequence(')');
      case '"':
        return this.#string();
      case '\\':
        return this.#character();
      case '#':
        return this.#dispatch();
      case ']':
      case ')':
      case '}':
        throw new Failure(`Line ${this.#line} has a "${char}" that closes nothing.`);
      default:
        return this.#atom();
    }
  }

  #map(): Value {
    return this.#plainMap() ?? this.#anyMap();
  }

  /**
   * A map in one line of nothing but keywords, texts and small integers, as nearly every operation is: by pairs, with
   * no look at single characters. Null for all others.
   */
  #plainMap(): Value | null {
    PLAIN_MAP.lastIndex = this.#at;
    const match = PLAIN_MAP.exec(this.#text);
    if (match === null) return null;
    const map: Record<string, Value> = {};
    for (let at = 1; at < match.length && match[at] !== undefined; at += 2) {
      const name = match[at]!;
      const text = match[at + 1]!;
      const value = plainValue(text);
      if (name !== this.#names[at]) this.#learnName(name, at, match);
      map[name] = value;
      if (this.#isTelling) this.#speak(name, 'keyword');
      if (
        typeof value === 'string' &&
        (this.#isTelling || (this.#areTelling[at] === true && this.#isEntry()))
      )
        this.#speak(value, notationOf(text));
    }
    this.#at = PLAIN_MAP.lastIndex;
    return map;
  }

  /**
   * Plain maps mostly have the same keys at the same places as the one before, so that it is known already that none is
   * there twice. Where one differs it is looked for among those before it, and all behind it are as new.
   */
  #learnName(name: string, at: number, match: RegExpExecArray): void {
    for (let before = 1; before < at; before += 2) if (match[before] === name) throw this.#twice(name);
    this.#names.length = at;
    this.#names[at] = name;
    this.#areTelling[at] = TELLING_FIELDS.has(name);
  }

  #anyMap(): Value {
    this.#at++;
    const isTelling = this.#isTelling;
    const map: Record<string, Value> = {};
    for (this.#skip(); this.#text[this.#at] !== '}'; this.#skip()) {
      const key = this.#form();
      const name = typeof key === 'string' ? key : String(identity(key));
      this.#skip();
      if (this.#text[this.#at] === '}')
        throw new Failure(`A map that ends in line ${this.#line} has a key without a value.`);
      if (Object.hasOwn(map, name)) throw this.#twice(name);
      this.#isTelling = this.#tells(name);
      const value = this.#form();
      this.#isTelling = isTelling;
      // A key of this name would be no key but the map's ancestry.
      if (name !== '__proto__') map[name] = value;
    }
    this.#at++;
    return map;
  }

  /** Whether the words of a field's value count. */
  #tells(name: string): boolean {
    return this.#isTelling || (this.#isEntry() && TELLING_FIELDS.has(name));
  }

  /** Whether the map that is read is an entry, and not within one. */
  #isEntry(): boolean {
    return this.#words !== undefined && this.#depth === this.#entryDepth;
  }

  #twice(name: string): Failure {
    return new Failure(`Line ${this.#line} has the key ${JSON.stringify(name)} twice in one map.`, {
      hint: 'Which of its two values is meant, the history does not say.',
    });
  }

  #sequence(close: string): Value[] {
    this.#at++;
    const items: Value[] = [];
    for (this.#skip(); this.#text[this.#at] !== close; this.#skip()) items.push(this.#form());
    this.#at++;
    return items;
  }

  #dispatch(): Value {
    if (this.#text.startsWith('#{', this.#at)) {
      this.#at++;
      return this.#sequence('}').toSorted(byText);
    }
    // A tag says what a form is; as a value it is the form itself.
    this.#at++;
    this.#token();
    if (this.#depth === this.#entryDepth) this.#entryDepth++;
    return this.#form();
  }

  #string(): string {
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === '\\' ? 2 : 1;
    const raw = this.#text.slice(this.#at + 1, end);
    this.#at = end;
    if (end >= this.#text.length) return this.#form() as string;
    this.#at++;
    const word = raw.includes('\\') ? raw.replaceAll(/\\(?:u([0-9a-fA-F]{4})|([^]))/g, unescape) : raw;
    if (this.#isTelling) this.#speak(word, 'text');
    this.#line += raw.includes('\n') ? raw.split('\n').length - 1 : 0;
    return word;
  }

  #character(): string {
    this.#at += 1;
    const first = this.#text[this.#at] ?? '';
    this.#at += 1;
    const name = first + (/\w/.test(first) ? this.#token() : '');
    const character =
      NAMED_CHARACTERS[name] ??
      (/^u[0-9a-fA-F]{4}$/.test(name) ? String.fromCharCode(parseInt(name.slice(1), 16)) : name);
    if (this.#isTelling) this.#speak(character, 'character');
    return character;
  }

  #atom(): Value {
    const token = this.#token();
    // JSON in the middle of EDN would read as keys and values that are shifted by one.
    if (token === ':')
      throw new Failure(`Line ${this.#line} has a colon without a name.`, { hint: NOT_JSON });
    const atom = atomOf(token);
    if (this.#isTelling) this.#speak(atom, notationOf(token));
    return atom;
  }

  #token(): string {
    const start = this.#at;
    while (this.#at < this.#text.length && ENDS_TOKEN[this.#text.charCodeAt(this.#at)] !== 1) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  /** Blanks, commas, comments and discarded forms. */
  #skip(): void {
    // Reading past the end would be harmless, but costs the compiler's work on this loop in every file anew.
    while (this.#at < this.#text.length) {
      const char = this.#text.charCodeAt(this.#at);
      if (char === NEWLINE) this.#line++;
      if (char === SEMICOLON) {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = end < 0 ? this.#text.length : end;
      } else if (char === HASH && this.#text[this.#at + 1] === '_') {
        this.#at += 2;
        const spoken = this.#spoken.length;
        this.#form();
        this.#spoken.length = spoken;
      } else if (char <= SPACE || char === COMMA) {
        this.#at++;
      } else {
        return;
      }
    }
  }
}

function isOfNemesis(form: Value): boolean {
  return typeof form === 'object' && form !== null && (form as Record<string, Value>)['process'] === NEMESIS;
}

/** How a token was written that was read as a text. */
function notationOf(token: string): Notation {
  const first = token.charCodeAt(0);
  if (first === QUOTE) return 'text';
  if (first === COLON) return 'keyword';
  const digits = first === MINUS || first === PLUS ? token.charCodeAt(1) : first;
  return digits >= ZERO && digits <= NINE ? 'number' : 'symbol';
}

/** Keywords, symbols, numbers, nil, true and false. */
function atomOf(token: string): Value {
  if (token === 'nil') return null;
  if (token === 'true') return true;
  if (token === 'false') return false;
  const first = token.charCodeAt(0);
  if (first === COLON) return token.slice(1);
  const digits = first === MINUS || first === PLUS ? token.charCodeAt(1) : first;
  return digits >= ZERO && digits <= NINE ? exactNumber(token) : token;
}

function unescape(_match: string, code: string | undefined, char: string | undefined): string {
  if (code !== undefined) return String.fromCharCode(parseInt(code, 16));
  return { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }[char!] ?? char!;
}

function byText(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [one, other] = [identity(a), identity(b)].map(String) as [string, string];
  return one < other ? -1 : Number(one > other);
}

/** The fields of an operation whose words are values: of an event, and of an operation in one piece. */
const TELLING_FIELDS = new Set(['value', 'key', 'input', 'output', 'Input', 'Output', 'Key']);

const NOT_JSON = 'EDN and JSON do not mix in one file.';

/** No history is so deep; a broken file may be. */
const DEPTH_MAX = 500;

const NAMED_CHARACTERS: Record<string, string> = { newline: '\n', space: ' ', tab: '\t', return: '\r' };
const codeOf = (char: string) => char.charCodeAt(0);
const [COLON, MINUS, PLUS, ZERO, NINE] = [':', '-', '+', '0', '9'].map(codeOf) as [
  number,
  number,
  number,
  number,
  number,
];
const [QUOTE, BRACKET] = ['"', '['].map(codeOf) as [number, number];
const [NEWLINE, SEMICOLON, HASH, SPACE, COMMA] = ['\n', ';', '#', ' ', ','].map(codeOf) as [
  number,
  number,
  number,
  number,
  number,
];
const TOKEN = String.raw`[^\s,()[\]{}";#\\]+`;
const PAIR = String.raw`:(?!__proto__)(${TOKEN}) ("[^"\\\n]*"|${TOKEN}|\[-?\d{1,15} -?\d{1,15}\])`;
/** As many pairs as operations have. */
const PLAIN_MAP = new RegExp(String.raw`\{${PAIR}${String.raw`(?:,? ${PAIR})?`.repeat(8)}\}`, 'y');

/** A value of a plain map. */
function plainValue(text: string): Value {
  const first = text.charCodeAt(0);
  if (first === QUOTE) return text.slice(1, -1);
  if (first === BRACKET) return text.slice(1, -1).split(' ').map(Number);
  return atomOf(text);
}

/** By character code: 1 for blanks and for what opens or closes something. */
const ENDS_TOKEN = new Uint8Array(128);
for (const char of ' \t\r\n,()[]{}";') ENDS_TOKEN[codeOf(char)] = 1;
