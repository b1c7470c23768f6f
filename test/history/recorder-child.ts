import { realClock } from '../../src/core/clock.ts';
import { openRecorder } from '../../src/history/recorder/recorder.ts';
import { info, plainWrite } from './sample.ts';

/** Records for ever and says how much it has flushed: to be killed. */
const recorder = await openRecorder(process.argv[2]!, info, realClock());
for (let count = 0; ;) {
  for (let index = 0; index < 10_000; index++) recorder.write(plainWrite(count++));
  recorder.event({ type: 'note', timeNs: count, text: 'on and on', about: 'information' });
  await recorder.flush();
  process.stdout.write(`${count}\n`);
}
