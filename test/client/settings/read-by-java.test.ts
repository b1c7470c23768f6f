import { readFileSync } from 'node:fs';
import test from 'ava';
import { parseJaas } from '../../../src/client/settings/jaas.ts';
import { parseProperties } from '../../../src/client/settings/properties.ts';

/**
 * What Java 17 (`java.util.Properties`) and Kafka 4.4.0 (`JaasContext`) made of some hundred texts that a program drew
 * from pieces which are easily read wrongly. Texts are in base64; null: refused.
 */
const cases = JSON.parse(readFileSync(`${import.meta.dirname}/read-by-java.json`, 'utf8')) as {
  properties: [text: string, read: Record<string, string> | null][];
  jaas: [text: string, read: [module: string, options: Record<string, string>] | null][];
};

const bytes = (base64: string) => Buffer.from(base64, 'base64');
const text = (base64: string) => bytes(base64).toString('utf8');
const texts = (read: Record<string, string>) =>
  Object.fromEntries(Object.entries(read).map(([name, value]) => [text(name), text(value)]));

/** At the very end of a file a lone backslash sometimes gives Java a setting without name and value. */
function withoutNothing(read: Record<string, string>) {
  return Object.fromEntries(Object.entries(read).filter(([name, value]) => name !== '' || value !== ''));
}

test('properties are read as Java reads them', (t) => {
  t.is(cases.properties.length, 400);
  for (const [base64, expected] of cases.properties) {
    const given = bytes(base64).toString('latin1');
    if (expected === null) t.throws(() => parseProperties(bytes(base64)), undefined, JSON.stringify(given));
    else
      t.deepEqual(
        withoutNothing(Object.fromEntries(parseProperties(bytes(base64)))),
        withoutNothing(texts(expected)),
        JSON.stringify(given),
      );
  }
});

test('login modules are read as Kafka reads them', (t) => {
  t.is(cases.jaas.length, 500);
  for (const [base64, expected] of cases.jaas) {
    const given = bytes(base64).toString('latin1');
    if (expected === null) t.throws(() => parseJaas(given), undefined, JSON.stringify(given));
    else {
      const { module, options } = parseJaas(given);
      const [expectedModule, expectedOptions] = expected;
      t.deepEqual(
        { module, options: Object.fromEntries(options) },
        { module: text(expectedModule), options: texts(expectedOptions) },
        JSON.stringify(given),
      );
    }
  }
});
