import { basename } from 'node:path';
import type { Damage } from './run.ts';

/** What was found to be damaged so far. Every pass over a file finds the same again: it is told once. */
export class Damages {
  readonly list: Damage[] = [];

  /** @param damage.file a path; its last part is kept. */
  add(damage: Damage): void {
    const file = basename(damage.file);
    if (this.list.some((known) => known.file === file && known.detail === damage.detail)) return;
    this.list.push({ ...damage, file });
  }
}
