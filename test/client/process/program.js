// A client in a program of its own, as anybody may write one: it keeps the "log" in its memory. What it does wrong is
// told by its first argument, or by the value that it is to write.
import { createInterface } from 'node:readline';

const [fault = 'none'] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);

if (fault === 'mute') setInterval(() => undefined, 1_000);
else if (fault === 'noisy') say('Welcome to my client!');
else if (fault === 'stillborn') {
  process.stderr.write('the library libkafka.so is missing\n');
  process.exit(3);
} else
  say({ protocol: fault === 'newer' ? 2 : 1, library: 'in-memory', version: '1.2.3', transactions: true });

const log = [];
createInterface({ input: process.stdin }).on('line', (line) => {
  const { op, id, values = [], ...rest } = JSON.parse(line);
  if (op === 'begin') return say(fault === 'fenced' ? { id, error: 'ProducerFenced' } : { id });
  if (op === 'end' && fault === 'endless') return;
  if (op === 'end') return say(fault === 'torn' ? { id, error: 'CommitFailed' } : { id });
  if (op === 'open' && fault === 'homeless') return say({ id, error: 'NoBrokers', detail: 'none answers' });
  if (op === 'open' && fault === 'mortal') process.exit(1);
  if (op === 'open' && fault === 'echo') return say({ id, error: 'Echo', detail: JSON.stringify(rest) });
  if (op === 'open') return say({ id });
  if (op === 'close') return say({ id });
  const asked = values[0];
  if (asked.includes('garbage')) return say(`DEBUG sending ${asked}`);
  if (asked.includes('crash')) process.exit(1);
  if (asked.includes('silence')) return;
  if (asked.includes('refuse')) return say({ id, error: 'TimeoutException', detail: 'it took too long' });
  if (asked.includes('too-few')) return say({ id, results: [] });
  say({
    id,
    results: values.map((value) => {
      if (value.includes('half')) return { error: 'RecordTooLarge' };
      if (value.includes('nowhere')) return { offset: null };
      if (value.includes('twice')) return { offset: log.push(value) - 1, attempts: 2 };
      return { offset: log.push(value) - 1 };
    }),
  });
});
