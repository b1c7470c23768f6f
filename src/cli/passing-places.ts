import { rmSync } from 'node:fs';
import { EXIT } from '../core/failure.ts';
import { listenForInterrupt } from './interrupt.ts';

/** Directories that are removed in the end, and where Ctrl-C, or the same by another program, ends the work. */
export class PassingPlaces {
  readonly #directories: string[] = [];
  readonly #interrupt = listenForInterrupt();

  constructor() {
    this.#interrupt.signal.addEventListener('abort', () => {
      this.clear();
      process.exit(EXIT.interrupted);
    });
  }

  add(directory: string): string {
    this.#directories.push(directory);
    return directory;
  }

  remove(directory: string): void {
    rmSync(directory, { recursive: true, force: true });
  }

  /** From now on Ctrl-C ends the process by itself, even where it has no time to listen. */
  stopListening(): void {
    this.#interrupt.close();
  }

  clear(): void {
    this.stopListening();
    for (const directory of this.#directories) rmSync(directory, { recursive: true, force: true });
  }
}
