import { statSync } from 'node:fs';
import { join } from 'node:path';
import { WRITES_FILE } from '../../history/layout.ts';
import { READ_AHEAD_BYTES_MIN } from '../../history/columns/read-ahead.ts';
import type { Run } from '../../history/run.ts';
import type { Focus, Survey } from '../figures/survey.ts';
import { Thread } from './thread.ts';

const THREAD = new URL('survey-thread.js', import.meta.url);

/**
 * A second thread that surveys the writes of a large run while the first one decides about it. It reads the file by
 * itself and believes it; only the first thread verifies its checksums. So what it finds is taken only if the file
 * turned out to be sound and whole. Otherwise, and for a small run, the survey is made here.
 */
export class SurveyAhead {
  readonly #thread: Thread | null;

  /**
   * @param path the run directory.
   * @param options.fromBytes below this size of the writes there is no thread; what is found is the same.
   */
  constructor(path: string, options: { fromBytes?: number; program?: URL } = {}) {
    const { fromBytes = READ_AHEAD_BYTES_MIN, program = THREAD } = options;
    const size = statSync(join(path, WRITES_FILE), { throwIfNoEntry: false })?.size ?? 0;
    this.#thread = size < fromBytes ? null : new Thread(program);
    this.#thread?.tell(path);
  }

  /** Whether there is a thread. */
  get isAtWork(): boolean {
    return this.#thread !== null;
  }

  /** To be asked once all of the run's writes have been read. */
  async survey(run: Run, focus: Focus): Promise<Survey> {
    const isSound = run.info.status !== 'running' && run.damage().length === 0;
    const byThread = isSound ? ((await this.#thread?.ask<Survey>(focus)) ?? null) : null;
    await this.#thread?.end();
    return byThread ?? surveyHere(run, focus);
  }
}

/** Loads what surveys: ahead of need, where Ctrl-C may stop what compiles the sources. */
export const loadSurveyor = () => import('../figures/survey.ts');

export async function surveyHere(run: Run, focus: Focus): Promise<Survey> {
  const { Surveyor } = await loadSurveyor();
  return new Surveyor(run).survey(focus);
}
