import { createServer } from 'node:net';
import test from 'ava';
import { createProber, localProber } from '../../src/control/prober.ts';

/**
 * A prober has three answers. That it failed is none of the other two: with a hand-made program in its place, every way to
 * fail is told apart from silence.
 */
const node = (program: string) => [process.execPath, '--eval', program];
const ask = (command?: readonly string[], answerMarginMs = 20_000) =>
  createProber({ start: localProber([], command), answerMarginMs });

test('a port that nothing listens on refuses: the peer is there', async (t) => {
  t.deepEqual(await ask().probe('127.0.0.1', 9, 5_000), { answer: 'connects', detail: 'ECONNREFUSED' });
});

test('a connection that is accepted connects', async (t) => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a port was expected');
  t.deepEqual(await ask().probe('127.0.0.1', address.port, 5_000), {
    answer: 'connects',
    detail: 'accepted',
  });
  server.close();
});

test('one prober answers many questions at once, each with its own answer', async (t) => {
  const prober = ask();
  const answers = await Promise.all([
    prober.probe('127.0.0.1', 9, 5_000),
    prober.probe('not an address', 9, 5_000),
    prober.probe('127.0.0.1', 9, 5_000),
  ]);
  t.deepEqual(
    answers.map(({ answer }) => answer),
    ['connects', 'no-observation', 'connects'],
  );
});

test('a prober that dies has observed nothing: its exit status and its last words are kept', async (t) => {
  const dies = ask(node(`process.stderr.write('out of descriptors\\n'); process.exitCode = 3`));
  t.deepEqual(await dies.probe('127.0.0.1', 9, 100), {
    answer: 'no-observation',
    detail: 'the prober ended with status 3: out of descriptors',
  });
});

test('a prober that is killed says by which signal', async (t) => {
  const killed = ask(node(`process.kill(process.pid, 'SIGKILL')`));
  t.deepEqual(await killed.probe('127.0.0.1', 9, 100), {
    answer: 'no-observation',
    detail: 'the prober ended by SIGKILL',
  });
});

test('a prober that cannot be started has observed nothing', async (t) => {
  const { answer, detail } = await ask(['/no/such/program']).probe('127.0.0.1', 9, 100);
  t.is(answer, 'no-observation');
  t.regex(detail, /^the prober cannot be started: .*ENOENT/);
});

test('a prober that says nothing is not silence on the link', async (t) => {
  const mute = ask(
    node('setInterval(() => {}, 1000); process.stdin.on("end", () => process.exit()).resume()'),
    50,
  );
  t.deepEqual(await mute.probe('127.0.0.1', 9, 10), {
    answer: 'no-observation',
    detail: 'the prober said nothing within 60 ms',
  });
});

test('what is no answer is passed over; silence is believed only when the prober says it', async (t) => {
  const lines = `
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id } = JSON.parse(line);
      console.log('not JSON');
      console.log(JSON.stringify({ id, answer: 'perhaps', detail: '' }));
      console.log(JSON.stringify({ id: id + 7, answer: 'connects', detail: '' }));
      console.log(JSON.stringify({ id, answer: 'silence', detail: 'nothing came' }));
    });`;
  t.deepEqual(await ask(node(lines)).probe('127.0.0.1', 9, 100), {
    answer: 'silence',
    detail: 'nothing came',
  });
});

test('after one prober has died the next question is asked of another', async (t) => {
  const once = `
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id } = JSON.parse(line);
      console.log(JSON.stringify({ id, answer: 'connects', detail: String(process.pid) }));
      process.exitCode = 1;
      process.stdin.destroy();
    });`;
  const prober = ask(node(once));
  const first = await prober.probe('127.0.0.1', 9, 100);
  let second = await prober.probe('127.0.0.1', 9, 100);
  // The death may be noticed only by the question that it leaves unanswered.
  if (second.answer === 'no-observation') second = await prober.probe('127.0.0.1', 9, 100);
  t.is(second.answer, 'connects');
  t.not(first.detail, second.detail);
});
