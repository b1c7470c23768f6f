/**
 * Command over one node of a lab: run something there, keep something running there, move files. Where the node
 * lives (a network namespace, a container, a host behind SSH) is the implementation's business.
 */
export interface Remote {
  /** `kafka1`. */
  readonly name: string;
  /** The node's IP address inside the lab. */
  readonly address: string;
  /** Runs a command to its end. Rejects only when it cannot be started or exceeds `timeoutMs`. */
  exec(command: readonly string[], options?: { timeoutMs?: number; input?: string }): Promise<Executed>;
  /** Starts a daemon. Its output goes to `outputFile`; it gets no terminal signals, and dies with the lab. */
  spawn(command: readonly string[], options: SpawnOptions): Promise<Daemon>;
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
  signal(name: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void;
  /** The kernel's one-letter process state (`S`, `R`, `T` for stopped), or null when it is gone. */
  state(): Promise<string | null>;
}
