// The program of a prober: one runs in each network namespace of a lab for as long as the lab lives. It is plain
// JavaScript of Node alone, so that no shell, no startup file and no loader stands between a question and its answer.
//
// A question is a line of JSON on standard input: {"id", "address", "port", "timeoutMs"}. Its answer is a line on standard
// output: {"id", "answer", "detail"}. The prober ends when its input ends.
//
// With a "word" besides, it only connects where this word comes back, and the detail is what follows it. That is for peers
// behind something that takes connections in their place: a proxy accepts and refuses for itself, not for the peer.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** Errors by which the peer's kernel itself answers. */
const ANSWERS = new Set(['ECONNREFUSED', 'ECONNRESET']);
/** Errors by which this kernel says that it asked in vain. */
const IN_VAIN = new Set(['ETIMEDOUT', 'EHOSTUNREACH']);

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, address, port, timeoutMs, word } = JSON.parse(line);
  const socket = connect({ host: address, port, timeout: timeoutMs });
  let answered = false;
  const say = (answer, detail) => {
    if (answered) return;
    answered = true;
    socket.destroy();
    process.stdout.write(`${JSON.stringify({ id, answer, detail })}\n`);
  };
  if (word === undefined) socket.once('connect', () => say('connects', 'accepted'));
  else listenFor(socket, word, say);
  socket.once('error', ({ code = 'unknown error' }) => {
    if (ANSWERS.has(code) && word === undefined) say('connects', code);
    else say(IN_VAIN.has(code) ? 'silence' : 'no-observation', code);
  });
  // On a busy machine the time may be over while an answer lies unread in the kernel: it is read before this runs.
  socket.once('timeout', () => setImmediate(() => say('silence', `nothing came within ${timeoutMs} ms`)));
});

function listenFor(socket, word, say) {
  let heard = '';
  socket.setEncoding('utf8').on('data', (text) => {
    heard += text;
    if (!heard.includes('\n')) return;
    const [first, ...rest] = heard.split('\n')[0].split(' ');
    if (first === word) say('connects', rest.join(' '));
    else say('no-observation', 'something else answered');
  });
  socket.once('end', () => say('no-observation', 'it was accepted and closed without an answer of the node'));
}
