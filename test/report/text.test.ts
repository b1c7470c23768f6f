import { grouped, moment, seconds } from '../../src/core/words.ts';
import test from 'ava';
import { renderText } from '../../src/report/text/text.ts';
import { describeStrike } from '../../src/report/text/phrases.ts';
import { isolatedLeaderAcksAll, randomRun, tinyRun, unansweredRun, zombieLeader } from './scenes.ts';

const plain = { color: false };
/** Lines joined again, so that a sentence is found wherever it was broken. */
const flowing = (text: string) => text.replaceAll(/\s+/g, ' ');

test('an invalid run: what is lost, who had acknowledged it, what ended it, and that it is permitted', (t) => {
  const { run, result } = zombieLeader();
  const text = renderText(result, run, {
    ...plain,
    directory: 'store/run-42',
    picture: 'store/run-42/timeline.svg',
  });
  for (const sentence of [
    'INVALID Kafka did not keep everything that it acknowledged.',
    'lost 8,367 40.9 % of what was acknowledged',
    '8,367 acknowledged records lost in partition 0. Acknowledged by kafka1 in epoch 0 at offsets 3,603 to 11,969 from 10.0 s to 22.4 s during “isolate leader (kafka1) from cluster”.',
    'kafka2 became leader in epoch 1 from offset 3603 at 13.2 s; kafka1 cut its log back at 22.9 s.',
    'Permitted: acks=1 promises nothing once the acknowledging leader is replaced.',
    'Values: w0 452..1840;',
    'kafka1 went on leading partition 0 for 9.3 s after another broker had taken over, until 22.5 s',
    'Run: store/run-42 (decide again with: kept check store/run-42)',
    'Picture: store/run-42/timeline.svg',
    'Exit status 1: the claim does not hold.',
  ]) {
    t.true(flowing(text).includes(sentence), sentence);
  }
  t.true(text.split('\n').every((line) => line.length <= 100));
});

test('a valid run: no findings, and how long no write came through', (t) => {
  const { run, result } = isolatedLeaderAcksAll();
  const text = renderText(result, run, plain);
  t.regex(text, /^VALID {2}Kafka kept everything that it acknowledged\.\n/);
  t.notRegex(text, /Findings/);
  t.regex(text, /longest time without an acknowledgement: 3\.4 s, from 10\.0 s/);
  t.regex(text, /isolate leader \(kafka1\) from cluster: next acknowledged write after 3\.4 s/);
  t.regex(text, /Exit status 0: the claim holds\.\n$/);
});

test('under the contract’s claim the words change with it', (t) => {
  const { run, result } = zombieLeader();
  const text = renderText({ ...result, claim: 'contract', verdict: 'valid' }, run, plain);
  t.regex(text, /^VALID {2}Nothing happened that Kafka’s contract does not permit\./);
});

test('an inconclusive run says that it proves nothing', (t) => {
  const { run, result } = tinyRun();
  const text = renderText(result, run, plain);
  t.regex(text, /^INCONCLUSIVE {2}This run proves nothing either way\.\n {2}Nothing was tested: no fault\./);
  t.regex(text, /Exit status 2: the run could not decide it\./);
});

test('acks=0: there are no answers, so there is nothing to say about availability', (t) => {
  const { run, result } = unansweredRun();
  const text = renderText(result, run, plain);
  t.regex(text, /21 records sent with acks=0 and missing in partition 0\./);
  t.notRegex(text, /Availability/);
});

test('many findings and faults are cut short, and it is said how many are not shown', (t) => {
  const { run, result } = randomRun();
  const text = renderText({ ...result, findings: Array(30).fill(result.findings[0]) }, run, plain);
  t.regex(text, /… and 22 more: see results\.json/);
  t.regex(text, /… and \d+ quicker ones/);
});

test('colours are used on a terminal and nowhere else', (t) => {
  const { run, result } = zombieLeader();
  t.true(renderText(result, run, { color: true }).includes('\u001B['));
  t.false(renderText(result, run, plain).includes('\u001B['));
});

test('numbers, times and faults in words', (t) => {
  t.is(grouped(1234567), '1,234,567');
  t.is(grouped(999), '999');
  t.deepEqual(
    [3.5e8, 7.06e9, 725e9, 12_000e9].map((timeNs) => seconds(timeNs)),
    ['350 ms', '7.1 s', '12 min 05 s', '3 h 20 min'],
  );
  t.is(moment(3.5e8), '0.3 s');
  t.is(describeStrike({ kind: 'kill', target: 'kafka1' }, ['kafka1']), 'kill kafka1');
  t.is(
    describeStrike({ kind: 'pause', target: 'followers' }, ['kafka2', 'kafka3']),
    'pause followers (kafka2, kafka3)',
  );
});
