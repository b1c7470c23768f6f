/**
 * Command over one node of a lab: run something there, keep something running there, read and write its files. Where
 * the node lives (a network namespace, a container, a host behind SSH) is the implementation's business. All paths are
 * the node's own.
 */
export interface Remote {
  /** `kafka1`. */
  readonly name: string;
  /** The node's IP address inside the lab. */
  readonly address: string;
  /** What the node calls itself; its own programs must be able to resolve it. */
  readonly hostname: string;
  readonly files: RemoteFiles;
  /** Runs a command to its end. Rejects only when it cannot be started or exceeds `timeoutMs`. */
  exec(command: readonly string[], options?: { timeoutMs?: number; input?: string }): Promise<Executed>;
  /** Starts a daemon. Its output goes to `outputFile`; it gets no terminal signals, and dies with the lab. */
  spawn(command: readonly string[], options: SpawnOptions): Promise<Daemon>;
  /** How far the node's clock is ahead of this machine's. */
  clockOffset(): Promise<ClockOffset>;
}

export interface Executed {
  exitStatus: number;
  stdout: string;
  stderr: string;
}

export interface SpawnOptions {
  outputFile: string;
  workingDirectory?: string;
  environment?: Record<string, string>;
}

export interface Daemon {
  readonly pid: number;
  /** Resolves when the process is gone. */
  readonly exited: Promise<{ exitStatus: number | null; signal: string | null }>;
  /** Resolves when the signal was sent, which does not mean that it has had its effect: ask for the state. */
  signal(name: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** The kernel's one-letter process state (`S`, `R`, `T` for stopped), or null when it is gone. */
  state(): Promise<string | null>;
}

/** The files of a node. */
export interface RemoteFiles {
  /** Makes a directory and those above it; it may be there already. */
  makeDirectory(path: string): Promise<void>;
  /** Writes a whole file, whose directory is there. */
  write(path: string, text: string): Promise<void>;
  /** Copies what is in a directory of this machine into one of the node, which is made if need be. */
  put(from: string, to: string): Promise<void>;
  /**
   * What a file holds from a byte on, no more than `maxBytes` of it; null when there is no such file. Never longer than
   * the file was: what is added meanwhile comes with the next call.
   */
  read(path: string, from?: { byte?: number; maxBytes?: number }): Promise<Buffer | null>;
  /** In bytes; null when there is no such file. */
  size(path: string): Promise<number | null>;
}

/** A clock against another: the true offset is within `uncertaintyNs` of `offsetNs`. */
export interface ClockOffset {
  offsetNs: number;
  uncertaintyNs: number;
}
