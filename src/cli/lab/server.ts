import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Failure, messageOf } from '../../core/failure.ts';
import { explain } from '../terminal/explain.ts';
import { shownText } from '../terminal/locale.ts';
import { safeStyledText } from '../terminal/safe-text.ts';
import { answerTo, type LabIo, type LabRequestLine } from './io.ts';

/**
 * The lab's door: a socket in its directory, on which each command sends its words and gets lines back. The socket belongs to
 * the file system, so it is reached from any network namespace.
 *
 * @param run carries out one command and resolves to its exit status.
 */
export async function serveLab(
  path: string,
  run: (argv: readonly string[], io: LabIo) => Promise<number>,
): Promise<Server> {
  const server = createServer((socket) => void answerOne(socket, run));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new Failure(`The lab cannot listen at ${path}: ${messageOf(error)}.`, {
          hint: 'A socket needs a short path: set TMPDIR=/tmp.',
        }),
      ),
    );
    server.listen(path, resolve);
  });
  return server;
}

async function answerOne(
  socket: Socket,
  run: (argv: readonly string[], io: LabIo) => Promise<number>,
): Promise<void> {
  const stop = new AbortController();
  socket.on('error', () => stop.abort());
  socket.on('close', () => stop.abort());
  const lines = createInterface({ input: socket });
  let isBegun = false;
  lines.on('line', (line) => {
    // The first line is the command; any other one asks it to end.
    if (isBegun) return stop.abort();
    isBegun = true;
    void begin(JSON.parse(line) as LabRequestLine);
  });

  async function begin({ argv, columns, colour, isTerminal }: LabRequestLine): Promise<void> {
    const shown = (text: string) => shownText(safeStyledText(text));
    let lastPlain = 0;
    const io: LabIo = {
      out: (text) => answerTo(socket, { out: shown(text) }),
      line: (text) => answerTo(socket, { line: shown(text) }),
      live: (text) => {
        if (isTerminal) answerTo(socket, { live: shown(text) });
        // The first of many, and then one in so many: a file is not to be filled by a line that changes.
        else if (lastPlain++ % PLAIN_EVERY === 0) answerTo(socket, { line: shown(text) });
      },
      stop: stop.signal,
      terminal: { columns: columns ?? undefined, colour },
    };
    let status: number;
    try {
      status = await run(argv, io);
    } catch (error) {
      const { text, exitStatus } = explain(error);
      if (text !== '') io.line(text);
      status = exitStatus;
    }
    answerTo(socket, { exit: status });
    socket.end();
  }
}

const PLAIN_EVERY = 20;
