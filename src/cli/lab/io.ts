import type { Writable } from 'node:stream';

/** One command of a lab as the lab sees it: what it may print, and when it is to end. */
export interface LabIo {
  /** The answer. */
  out(text: string): void;
  /** Anything else that a person is told, a line. */
  line(text: string): void;
  /** A line that changes; plain lines every few seconds where there is no terminal. */
  live(text: string): void;
  /** Ctrl-C, or a terminal that is gone. */
  readonly stop: AbortSignal;
  /** For the width and the colours of what is printed. */
  readonly terminal: { columns: number | undefined; colour: boolean };
}

/** What a command of a lab sends to it. */
export interface LabRequestLine {
  argv: string[];
  columns: number | null;
  colour: boolean;
  isTerminal: boolean;
}

/** What it gets back, an object a line. */
export type LabAnswer = { out: string } | { line: string } | { live: string } | { exit: number };

/** @param socket closed when the command is over. */
export function answerTo(socket: Writable, answer: LabAnswer): void {
  socket.write(`${JSON.stringify(answer)}\n`);
}
