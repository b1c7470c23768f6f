/**
 * What the user's terminal can show. In the locale C or POSIX, or one with another character set than UTF-8, texts are
 * ASCII; and lines are as wide as the terminal is, or as the variable COLUMNS says.
 */

type Environment = Readonly<Record<string, string | undefined>>;

/** By their precedence in POSIX; an empty one counts as not set. */
const LOCALE_VARIABLES = ['LC_ALL', 'LC_CTYPE', 'LANG'];

/** Where no variable is set, as in most containers, UTF-8 is as good a guess as any. */
export function wantsAscii(environment: Environment = process.env): boolean {
  const locale = LOCALE_VARIABLES.map((name) => environment[name]).find((value) => (value ?? '') !== '');
  if (locale === undefined) return false;
  if (/^(c|posix)$/i.test(locale)) return true;
  const charset = /\.([^@]+)/.exec(locale)?.[1];
  return charset !== undefined && !/^utf-?8$/i.test(charset);
}

/** The columns of a stream; undefined where it is no terminal, and COLUMNS is not set. */
export function columnsOf(
  stream: { isTTY?: boolean; columns?: number },
  environment: Environment = process.env,
): number | undefined {
  const asked = environment['COLUMNS'] ?? '';
  if (/^[1-9]\d{0,5}$/.test(asked)) return Number(asked);
  return stream.isTTY === true ? stream.columns : undefined;
}

const ASCII: Record<string, string> = {
  '→': '->',
  '←': '<-',
  '…': '...',
  '–': '-',
  '—': '-',
  '−': '-',
  '·': '|',
  '•': '*',
  '×': 'x',
  '✗': 'x',
  '✓': '+',
  '“': '"',
  '”': '"',
  '‘': "'",
  '’': "'",
  '≤': '<=',
  '≥': '>=',
  '\u00A0': ' ',
};

/** The same text in ASCII: signs by what stands for them, letters without their accents, others as JSON writes them. */
export function asciiText(text: string): string {
  return text.replaceAll(/[^\0-\x7F]/gu, (character) => {
    const known = ASCII[character];
    if (known !== undefined) return known;
    const plain = character.normalize('NFKD').replaceAll(/\p{M}/gu, '');
    return /^[ -~]+$/.test(plain) ? plain : escaped(character);
  });
}

/** The same JSON in ASCII. */
export function asciiJson(text: string): string {
  return text.replaceAll(/[^\0-\x7F]/gu, escaped);
}

/** Text for people, as this terminal can show it. */
export function shownText(text: string): string {
  return wantsAscii() ? asciiText(text) : text;
}

/** In UTF-16 units, as JSON has it. */
function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
