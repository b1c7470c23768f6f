import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import test from 'ava';
import { parsedLabCommand } from './parsed.ts';

/** What the page tells people to type must be understood. */
const page = readFileSync(resolve(import.meta.dirname, '../../../docs/the-seven-by-hand.md'), 'utf8');
const blocks = [...page.matchAll(/^```lab\n(.*?)^```$/gms)].map(([, text]) => text!.trim().split('\n'));

test('every command of the page is one', async (t) => {
  t.true(blocks.length >= 15);
  for (const line of blocks.flat()) {
    const [action] = await parsedLabCommand(line.split(' '));
    t.is(typeof action, 'string', line);
  }
});

test('the page has all seven scenarios: three acks, three ways to hurt the leader', (t) => {
  const told = page.split(/^## (?=\d: )/m).slice(1);
  t.deepEqual(
    told.map((text) => [/--acks (\w+)/.exec(text)![1], /^(kill|partition|cut) leader.*$/m.exec(text)![0]]),
    [
      ['0', 'kill leader'],
      ['1', 'kill leader'],
      ['all', 'kill leader'],
      ['1', 'partition leader'],
      ['all', 'partition leader'],
      ['1', 'cut leader zookeeper'],
      ['all', 'cut leader zookeeper'],
    ],
  );
});
