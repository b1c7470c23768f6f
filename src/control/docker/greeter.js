// The program of a greeter: one runs beside each node, in its network namespace. To each connection it says a word of its
// own, so that it is certain that the node answered and nothing on the way did, and the address that the connection came
// from, as the node sees it. It prints "ready" when it listens, and ends when its input ends.
//
// Its arguments are the port and the word.
import { createServer } from 'node:net';

const [port, word] = process.argv.slice(1);

createServer((socket) => {
  // Whoever was greeted may be gone already.
  socket.on('error', () => undefined);
  socket.end(`${word} ${socket.remoteAddress}\n`);
}).listen(Number(port), '0.0.0.0', () => process.stdout.write('ready\n'));
process.stdin.once('end', () => process.exit()).resume();
