import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import type { Finding } from '../../src/checker/result.ts';
import { byCause, gravest } from '../../src/report/text/causes.ts';
import { verdictInWords, whenInWords } from '../../src/report/text/headline.ts';
import { paragraph } from '../../src/report/text/paragraphs.ts';
import { renderText } from '../../src/report/text/text.ts';
import { Surveyor } from '../../src/report/figures/survey.ts';
import { renderTimeline } from '../../src/report/timeline/timeline.ts';
import { killedLeader, randomRun, resultOf, type Scene, zombieLeader } from './scenes.ts';

const finding = (more: Partial<Finding>): Finding => ({
  kind: 'lost',
  partition: 0,
  count: 1,
  judgement: 'permitted',
  reason: 'acks=1 promises nothing once the acknowledging leader is replaced',
  blame: 'broker',
  values: 'w0 1',
  examples: [],
  ...more,
});
const plain = { color: false };
const flowing = (text: string) => text.replaceAll(/\s+/g, ' ');

/** A run with these findings. */
function withFindings({ run }: Scene, findings: Finding[]) {
  return { run, result: resultOf(run, [], findings, ['Something is wrong.']) };
}

test('the first line tells what the contract permits from what it does not', (t) => {
  const said = (...findings: Finding[]) => verdictInWords(withFindings(zombieLeader(), findings).result);
  const [permitted, violation] = [finding({ count: 8_055 }), finding({ count: 312, judgement: 'violation' })];
  t.regex(said(permitted), /did not keep .*\. Its contract permits that\.$/);
  t.regex(said(violation), /did not keep .*\. Its contract does not permit that\.$/);
  t.regex(
    said(permitted, violation),
    /Its contract does not permit 312 of the 8,367 lost records, and permits the rest\.$/,
  );
  const { result } = withFindings(zombieLeader(), [permitted]);
  t.is(
    verdictInWords({ ...result, claim: 'contract', verdict: 'valid' }),
    'Nothing happened that Kafka’s contract does not permit. It permits that 8,055 of them are lost.',
  );
});

test('the second line tells the fault and the time, and what struck the leader afterwards', (t) => {
  const zombie = zombieLeader();
  t.is(
    renderText(zombie.result, zombie.run, plain).split('\n')[1],
    '  Acknowledged from 10.0 s to 22.4 s during “isolate leader (kafka1) from cluster”.',
  );
  const killed = killedLeader();
  t.regex(
    renderText(killed.result, killed.run, plain).split('\n')[1]!,
    /^ {2}Acknowledged .* with no fault in force; “kill leader \(kafka1\)” struck kafka1 at 12\.0 s\.$/,
  );
  t.is(whenInWords({ findings: [finding({})], count: 1 }, []), null);
});

test('many findings: violations before what is permitted, then the largest cause, and in it the largest finding', (t) => {
  const findings = [
    ...[5, 70, 20].map((count, partition) => finding({ count, partition })),
    finding({ count: 900, kind: 'divergent', partition: 4 }),
    ...[2, 3].map((count, index) =>
      finding({ count, partition: 7 + index, judgement: 'violation', reason: 'nothing permits this' }),
    ),
  ];
  const { run, result } = withFindings(zombieLeader(), findings);
  t.deepEqual(
    byCause(result).map((cause) => [cause.count, cause.findings.map(({ count }) => count)]),
    [
      [5, [3, 2]],
      [95, [70, 20, 5]],
      [900, [900]],
    ],
  );
  t.is(gravest(result)!.partition, 8);
  const text = flowing(renderText(result, run, plain));
  t.regex(text, /✗ 5 acknowledged records lost, in 2 groups\. Violation: nothing permits this\. - 3 acknow/);
  t.regex(text, /• 95 acknowledged records lost, in 3 groups\. Permitted: .* - 70 .* - 20 .* - 5 .* • 900 /);
});

test('every cause is told before the second finding of any', (t) => {
  const findings = Array.from({ length: 12 }, (_, index) =>
    finding({ count: 100 - index, reason: `reason ${index % 6}`, offsets: [index, index] }),
  );
  const { run, result } = withFindings(zombieLeader(), findings);
  const text = renderText(result, run, plain);
  for (let reason = 0; reason < 6; reason++) t.true(text.includes(`Permitted: reason ${reason}.`));
  t.regex(text, /… and 4 more: see results\.json/);
});

test('the headline of the picture and its plot speak of one partition, though another one lost more', async (t) => {
  const scene = randomRun();
  const most = scene.result.findings.map((each) => ({ ...each, judgement: 'permitted' as const }));
  const few = finding({ partition: 2, judgement: 'violation', offsets: [5, 5], timeNs: [7e9, 7e9] });
  const result = { ...scene.result, findings: [...most, few] };
  const focus = scene.losses.focusFor(result);
  t.is(focus.partition, 2);
  const svg = await renderTimeline(
    scene.run,
    result,
    scene.losses,
    new Surveyor(scene.run).survey(focus).overTime,
  );
  t.true(svg.includes('1 acknowledged record lost in partition 2.'));
  t.true(svg.includes('acknowledged offsets of partition 2 (one of 3)'));
});

testProp(
  'a paragraph keeps its words, and no line is wider than the screen unless it is one word',
  [fc.array(fc.stringMatching(/^[!-~]{1,70}$/)), fc.integer({ min: 20, max: 100 }), fc.nat(8), fc.nat(12)],
  (t, words, columns, indent, first) => {
    const lines = paragraph(words.join(' '), columns, ' '.repeat(indent), ' '.repeat(first));
    t.is(lines.join(' ').split(/\s+/).filter(Boolean).join(' '), words.join(' '));
    for (const line of lines) t.true(line.length <= columns || !line.trim().includes(' '), line);
  },
);
