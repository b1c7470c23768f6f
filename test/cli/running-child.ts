import { mkdirSync } from 'node:fs';
import { realClock } from '../../src/core/clock.ts';
import { thisProcess } from '../../src/core/process-identity.ts';
import { openRecorder } from '../../src/history/recorder/recorder.ts';
import { info, plainRead, plainWrite } from '../history/sample.ts';

/** Records a run that does not end. */
const [directory = '', proven] = process.argv.slice(2);
mkdirSync(directory);
setInterval(() => undefined, 1_000);
const recorder = await openRecorder(directory, { ...info, process: thisProcess() }, realClock());
for (let count = 0; count < 100; count++) recorder.write(plainWrite(count));
// Two readers were given different records at one offset: no final scan is needed to know that.
if (proven === 'true') {
  for (const scan of [1, 2]) recorder.read({ ...plainRead(0), scan, offset: 0, seq: scan });
}
await recorder.flush();
process.stdout.write('recorded\n');
