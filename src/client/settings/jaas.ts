/**
 * `sasl.jaas.config`: a login module, a flag, options, and a semicolon.
 *
 *     org.apache.kafka.common.security.scram.ScramLoginModule required username="alice" password="…";
 */
export interface LoginModule {
  /** The class, with its package. */
  module: string;
  options: Map<string, string>;
}

export class JaasProblem extends Error {
  override readonly name = 'JaasProblem';
}

const FLAGS = ['required', 'requisite', 'sufficient', 'optional'];

/**
 * No message quotes what stands there: it may be a password.
 * @throws JaasProblem
 */
export function parseJaas(text: string): LoginModule {
  const tokens = tokensOf(text);
  const next = (what: string): Token => {
    const token = tokens.shift();
    if (token === undefined) throw new JaasProblem(`it ends where ${what} is expected`);
    return token;
  };
  const module = next('a login module');
  const flag = next('a control flag');
  if (!FLAGS.includes(flag.text.toLowerCase()))
    throw new JaasProblem(`behind the login module one of ${FLAGS.join(', ')} is expected`);
  const options = new Map<string, string>();
  for (;;) {
    const name = next('a semicolon');
    if (isSign(name, ';')) break;
    if (!isSign(next('an equals sign'), '='))
      throw new JaasProblem('an option without an equals sign stands in it: NAME="VALUE" is expected');
    const value = next('the value of an option');
    if (!value.quoted && /^[=;]$/.test(value.text))
      throw new JaasProblem('an option without a value stands in it');
    options.set(name.text, value.text);
  }
  if (tokens.length > 0)
    throw new JaasProblem('only one login module is expected, and something stands behind it');
  return { module: module.text, options };
}

interface Token {
  text: string;
  quoted: boolean;
}

const isSign = (token: Token, sign: string) => !token.quoted && token.text === sign;

/** Words, quoted texts with their escapes, and the signs `=` and `;`; comments are passed over, as Java does. */
function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern =
    /\/\/[^\r\n]*|\/\*[\s\S]*?\*\/|"((?:[^"\\\r\n]|\\[\s\S])*)"|'((?:[^'\\\r\n]|\\[\s\S])*)'|([=;])|([^\s=;"'/]+|\/)|(["'])/g;
  for (const [whole, double, single, sign, word, open] of text.matchAll(pattern)) {
    if (open !== undefined) throw new JaasProblem('a quotation mark in it is not closed');
    const quoted = double ?? single;
    if (quoted !== undefined) tokens.push({ text: unescaped(quoted), quoted: true });
    else if (sign !== undefined || word !== undefined) tokens.push({ text: whole, quoted: false });
  }
  return tokens;
}

const LETTERS: Record<string, string> = { a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** As Java's StreamTokenizer reads them: letters of C, and up to three octal digits. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-3]?[0-7]{1,2}|[\s\S])/g, (_, escape: string) =>
    /^[0-7]/.test(escape) ? String.fromCharCode(Number.parseInt(escape, 8)) : (LETTERS[escape] ?? escape),
  );
}
