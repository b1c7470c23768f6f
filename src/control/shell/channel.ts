import type { Readable, Writable } from 'node:stream';

/** A `/bin/sh` that runs on a node and reads commands from us. */
export interface ShellChannel {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Ends the shell. What it has started as a daemon goes on. */
  close(): void;
}
