import { join } from 'node:path';
import { isDirectory, isRegular } from '../core/regular-file.ts';
import { WRITES_FILE } from '../history/layout.ts';
import { SurveyAhead } from '../report/threads/survey-ahead.ts';
import { prepareDrawing } from '../report/timeline/drawing-thread.ts';

/**
 * Starts the threads that help to decide about a run directory. They take as long to start as the checker takes to be
 * loaded, so starting them first has both at once: this file imports next to nothing.
 * While a large run's writes are read and surveyed there is enough to do: what draws is then started by `decide`.
 * @returns null where the path is not one whose writes can be surveyed.
 */
export function startThreads(path: string): SurveyAhead | null {
  if (!isDirectory(path)) return null;
  const survey = isRegular(join(path, WRITES_FILE)) ? new SurveyAhead(path) : null;
  if (survey?.isAtWork !== true) prepareDrawing();
  return survey;
}
