import { inspect } from 'node:util';

/**
 * A password, a token or a private key. It reads as `(secret)` wherever it is printed, inspected or made into JSON, so
 * that a plan, an event or an error text that holds one gives nothing away. Only `reveal` gives it.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}

const HIDDEN = '(secret)';

/** Shorter ones would hide words that have nothing to do with them. */
const SHORTEST = 4;

/**
 * Takes secrets out of texts that others wrote: a library's error, a hook's answer, the command line. A secret is also
 * found in the forms that it has on the wire and in JSON.
 */
export function redactor(secrets: readonly Secret[]): (text: string) => string {
  const forms = new Set(secrets.flatMap((secret) => formsOf(secret.reveal())));
  const longestFirst = [...forms].toSorted((one, other) => other.length - one.length);
  return (text) => longestFirst.reduce((rest, form) => rest.replaceAll(form, HIDDEN), text);
}

function formsOf(value: string): string[] {
  if (value.length < SHORTEST) return [];
  const json = JSON.stringify(value).slice(1, -1);
  const base64 = Buffer.from(value).toString('base64');
  return [value, json, encodeURIComponent(value), base64, base64.replace(/=+$/, '')];
}
