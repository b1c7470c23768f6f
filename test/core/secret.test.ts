import { inspect } from 'node:util';
import test from 'ava';
import { redactor, Secret } from '../../src/core/secret.ts';

test('a secret gives itself away to nothing that prints, inspects or serialises it', (t) => {
  const plan = {
    user: 'alice',
    password: new Secret('hunter2!'),
    deep: [{ token: new Secret('eyJhbGciOi') }],
  };
  const texts = [
    JSON.stringify(plan),
    inspect(plan, { depth: 9, showHidden: true }),
    // What a careless error text does.
    // oxlint-disable-next-line typescript/no-base-to-string, typescript/restrict-template-expressions
    `the password ${plan.password} was refused`,
    JSON.stringify(Object.entries(plan.password)),
  ];
  for (const text of texts) {
    t.false(text.includes('hunter2'), text);
    t.false(text.includes('eyJhbGciOi'), text);
  }
  t.is(plan.password.reveal(), 'hunter2!');
});

test('a secret in a text of others is taken out, also as JSON, base64 or part of an address writes it', (t) => {
  const secret = 'p"ss wörd\n/+';
  const redact = redactor([new Secret(secret), new Secret('p"ss wörd\n/+ and more')]);
  const base64 = Buffer.from(secret).toString('base64');
  for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), base64]) {
    t.is(redact(`before ${form} after`), 'before (secret) after');
  }
  t.is(redact(`${secret} and more`), '(secret)', 'the longest one first: no rest of it is left');
  t.is(redact('nothing of it'), 'nothing of it');
});

test('what is too short to be told from other words is left alone', (t) => {
  t.is(redactor([new Secret('a'), new Secret('')])('a banana'), 'a banana');
});
