// What the commands of a lab are on the outside: sends its words to the lab and prints what comes back.
// Plain JavaScript with nothing to load, so that it is there at once: node lab-command.js COMMAND...
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { isatty } from 'node:tty';

const path = process.env.KEPT_LAB_SOCKET ?? '';
const argv = process.argv.slice(2);
const gone =
  'kept: There is no lab here, or it has ended.\n  "kept lab" starts one, "kept lab --attach" finds one that runs.';

let status = null;
let living = false;
const endLine = () => {
  if (living) process.stderr.write('\r\u001B[K');
  living = false;
};
const socket = connect(path === '' ? '/nowhere' : path);
socket.on('error', () => {
  endLine();
  process.stderr.write(`${gone}\n`);
  process.exit(2);
});
socket.on('connect', () => {
  const { stdout, env } = process;
  const request = {
    argv,
    columns: stdout.columns ?? (Number(env.COLUMNS) || null),
    colour: isatty(1) && (env.NO_COLOR ?? '') === '',
    isTerminal: isatty(2),
  };
  socket.write(`${JSON.stringify(request)}\n`);
});
createInterface({ input: socket }).on('line', (text) => {
  const answer = JSON.parse(text);
  if ('live' in answer) {
    const columns = process.stderr.columns ?? 80;
    process.stderr.write(`\r\u001B[K${answer.live.slice(0, columns - 1)}`);
    living = true;
    return;
  }
  endLine();
  if ('out' in answer) process.stdout.write(answer.out);
  else if ('line' in answer) process.stderr.write(`${answer.line}\n`);
  else status = answer.exit;
});
socket.on('close', () => {
  endLine();
  if (status === null) process.stderr.write(`${gone}\n`);
  process.exitCode = status ?? 2;
});
let asked = 0;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    if (++asked > 1) process.exit(130);
    socket.write('{"stop":true}\n');
  });
}
// The reader of a pipe has seen enough.
process.stdout.on('error', () => process.exit(0));
