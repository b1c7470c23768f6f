// Surveys the writes of a run while another thread decides about it: see survey-ahead.ts.
import { parentPort } from 'node:worker_threads';
import { sourceLoader } from '../../core/sources.js';

const load = await sourceLoader();
const { openRun } = await load('history/directory.ts');
const { Surveyor } = await load('report/figures/survey.ts');

/** The first message names the run, and has no answer; the second one says what matters in it. */
let surveyor = null;
parentPort.on('message', (message) => {
  if (surveyor === null) {
    // The other thread verifies the checksums, and throws this survey away if they do not hold.
    surveyor = openRun(message, { readAheadFromBytes: Infinity, verify: false }).then(
      (run) => new Surveyor(run),
    );
    return;
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, not a window.
  surveyor.then((ready) => parentPort.postMessage(ready.survey(message)));
});
