// The program of a prober: one runs in each network namespace of a lab for as long as the lab lives. It is plain
// JavaScript of Node alone, so that no shell, no startup file and no loader stands between a question and its answer.
//
// A question is a line of JSON on standard input: {"id", "address", "port", "timeoutMs"}. Its answer is a line on standard
// output: {"id", "answer", "detail"}. The prober ends when its input ends.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** Errors by which the peer's kernel itself answers. */
const ANSWERS = new Set(['ECONNREFUSED', 'ECONNRESET']);
/** Errors by which this kernel says that it asked in vain. */
const IN_VAIN = new Set(['ETIMEDOUT', 'EHOSTUNREACH']);

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, address, port, timeoutMs } = JSON.parse(line);
  const socket = connect({ host: address, port, timeout: timeoutMs });
  let answered = false;
  const say = (answer, detail) => {
    if (answered) return;
    answered = true;
    socket.destroy();
    process.stdout.write(`${JSON.stringify({ id, answer, detail })}\n`);
  };
  socket.once('connect', () => say('connects', 'accepted'));
  socket.once('error', ({ code = 'unknown error' }) => {
    if (ANSWERS.has(code)) say('connects', code);
    else say(IN_VAIN.has(code) ? 'silence' : 'no-observation', code);
  });
  // On a busy machine the time may be over while an answer lies unread in the kernel: it is read before this runs.
  socket.once('timeout', () => setImmediate(() => say('silence', `nothing came within ${timeoutMs} ms`)));
});
