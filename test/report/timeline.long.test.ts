import test from 'ava';
import { SaxesParser } from 'saxes';
import { fc, testProp } from '@fast-check/ava';
import { allocateColumns, WRITE_COLUMNS } from '../../src/history/columns/columns.ts';
import { runOf } from '../../src/history/memory.ts';
import type { Event } from '../../src/history/event.ts';
import type { Run, WriteBatch } from '../../src/history/run.ts';
import { lanesOf } from '../../src/report/timeline/lanes.ts';
import { textWidth, wrap } from '../../src/report/timeline/labels.ts';
import { prepareDrawing } from '../../src/report/timeline/drawing-thread.ts';
import { Surveyor } from '../../src/report/figures/survey.ts';
import { renderTimeline } from '../../src/report/timeline/timeline.ts';
import {
  emptyRun,
  isolatedLeaderAcksAll,
  killedLeader,
  lossesOf,
  NODES,
  randomRun,
  resultOf,
  type Scene,
  tinyRun,
  unansweredRun,
  zombieLeader,
} from './scenes.ts';

/** The picture of a scene. */
const pictureOf = ({ run, result, losses }: Scene) =>
  renderTimeline(run, result, losses, new Surveyor(run).survey(losses.focusFor(result)).overTime);

/** All texts of a picture, in the order of drawing. Throws unless it is well-formed XML. */
function textsOf(svg: string): string[] {
  const texts: string[] = [];
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('text', (text) => {
    if (text.trim() !== '') texts.push(text);
  });
  parser.write(svg).close();
  return texts;
}

const SCENES = {
  zombieLeader,
  killedLeader,
  isolatedLeaderAcksAll,
  randomRun,
  tinyRun,
  emptyRun,
  unansweredRun,
};

for (const [name, scene] of Object.entries(SCENES)) {
  test(`${name}: well-formed, free of NaN, small, and the same bytes every time`, async (t) => {
    const svg = await pictureOf(scene());
    t.true(textsOf(svg).includes(scene().result.verdict.toUpperCase()));
    t.notRegex(svg, /NaN|Infinity|undefined|null/);
    t.true(svg.length < 200_000, `${svg.length} bytes`);
    t.is(await pictureOf(scene()), svg);
  });
}

test('another thread draws the same picture, and a thread that fails is not missed', async (t) => {
  const scene = zombieLeader();
  const svg = await pictureOf(scene);
  prepareDrawing(new URL('no-such-thread.js', import.meta.url));
  t.is(await pictureOf(scene), svg);
  prepareDrawing();
  t.is(await pictureOf(scene), svg);
  t.is(await pictureOf(scene), svg, 'it stays for the next picture');
});

test('the picture of a zombie tells the whole story', async (t) => {
  const texts = textsOf(await pictureOf(zombieLeader()));
  for (const text of [
    'INVALID',
    'Kafka did not keep everything that it acknowledged. Its contract permits that.',
    'isolate leader (kafka1) from cluster',
    'leader, epoch 0',
    'still leads: a zombie for 9.3 s',
    'leader, epoch 1',
    'acknowledged, later lost',
    '8,367 acknowledged records lost',
    'acknowledged by kafka1 in epoch 0 from 10.0 s to 22.4 s',
    'kafka1 cuts its log back to 3,603',
    'kafka2, epoch 1, leads from 3,603',
    'end of the log after the run: 12,109',
  ]) {
    t.true(texts.includes(text), text);
  }
});

test('the members of a consumer group have lanes, and what they committed is a line beside the offsets', async (t) => {
  const scene = killedLeader();
  const told = { type: 'offset-fetch', error: null, stable: true } as const;
  const events: Event[] = [
    ...scene.run.events,
    { type: 'member', timeNs: 7e9, member: 0, scan: 10, what: 'joined' },
    { type: 'member', timeNs: 8e9, member: 0, scan: 10, what: 'assigned', partitions: [0] },
    { type: 'member', timeNs: 12e9, member: 0, scan: 10, what: 'killed' },
    { ...told, invokeNs: 9e9, completeNs: 9e9, offsets: [{ partition: 0, offset: 100 }] },
    { ...told, invokeNs: 11e9, completeNs: 11e9, offsets: [{ partition: 0, offset: 200 }] },
  ];
  const texts = textsOf(await pictureOf({ ...scene, run: { ...scene.run, events } }));
  for (const text of [
    'consumer group',
    'member 0',
    'owns the partitions named',
    'owns none',
    'dead',
    'committed by the group',
  ])
    t.true(texts.includes(text), text);
  t.false(texts.includes('stopped'), 'nobody was');
  const without = textsOf(await pictureOf(scene));
  t.false(without.includes('consumer group'));
});

test('a truncated loss shows as a fall even where no broker’s log told of it', async (t) => {
  const scene = zombieLeader();
  const silent: Run = {
    ...scene.run,
    events: scene.run.events.filter((event) => event.type !== 'log'),
  };
  t.true(textsOf(await pictureOf({ ...scene, run: silent })).includes('the log falls back to 3,603'));
});

test('of several partitions the one that lost most is shown, and said so', async (t) => {
  t.true(textsOf(await pictureOf(randomRun())).includes('acknowledged offsets of partition 1 (one of 3)'));
});

const hostile = fc.string({ unit: 'binary', maxLength: 40 });

testProp(
  'hostile names and reasons stay text',
  [
    hostile,
    hostile,
    fc.constantFrom('</text><script>', ']]>', '&nbsp;', '"\'><', '\u0000\u0008\uFFFE\uD800'),
  ],
  async (t, title, node, nasty) => {
    const nodes = NODES.map(({ id, roles, address }, index) => ({
      id,
      roles,
      address,
      name: `${node}${nasty}${index}`,
    }));
    const run = runOf({
      info: { scenario: { name: 'x', title: title + nasty }, nodes, run: nasty },
      events: [
        { type: 'node', timeNs: 1e9, node: nodes[0]!.name, state: 'down', detail: nasty },
        { type: 'node', timeNs: 9e9, node: nodes[0]!.name, state: 'up' },
        {
          type: 'fault-start',
          id: nasty,
          fault: { kind: 'kill', target: node || 'a' },
          requestedNs: 1,
          timeNs: 1e9,
          targets: [nodes[0]!.name],
          links: [],
          evidence: nasty,
        },
        { type: 'note', about: 'warning', timeNs: 2e9, text: nasty },
      ],
    });
    const svg = await pictureOf({
      run,
      result: resultOf(run, [], [], [nasty + title]),
      losses: lossesOf([]),
    });
    t.notThrows(() => textsOf(svg));
    t.false(svg.includes('<script'));
  },
  { numRuns: 25 },
);

test('a million writes and a thousand faults: under 1 MB, in seconds, in constant memory', async (t) => {
  const million = millionWrites();
  const scene = randomRun({ faults: 1000, seconds: 3600 });
  const svg = await pictureOf({ ...scene, run: { ...scene.run, writes: () => million } });
  t.true(svg.length < 500_000, `${svg.length} bytes`);
  textsOf(svg);
});

/** A million writes over an hour, as columns from the start; completions jitter, and three brokers take turns. */
function millionWrites(): WriteBatch[] {
  const rows = 100_000;
  return Array.from({ length: 10 }, (_, batch) => {
    const columns = allocateColumns(WRITE_COLUMNS, rows);
    for (let row = 0; row < rows; row++) {
      const index = batch * rows + row;
      const timeNs = 6e9 + index * 3_600_000 + (index % 17) * 1e6;
      columns.partition[row] = index % 3;
      columns.outcome[row] = index % 50 === 0 ? 3 : 0;
      columns.broker[row] = 1 + (Math.floor(index / 7000) % 3);
      for (const column of [columns.invokeNs, columns.completeNs, columns.intendedNs]) {
        column[2 * row] = timeNs;
        column[2 * row + 1] = Math.floor(timeNs / 2 ** 32);
      }
      columns.offset[2 * row] = Math.floor(index / 3) - (Math.floor(index / 9000) % 2) * 5000;
      columns.offset[2 * row + 1] = columns.offset[2 * row]! < 0 ? -1 : 0;
    }
    return { length: rows, errorNames: [''], ...columns };
  });
}

test('lanes: two leaders at once, and the older one is the zombie from the moment the other began', (t) => {
  const { run } = zombieLeader();
  const [kafka1, kafka2] = lanesOf(run.info, run.events, 0, 35e9);
  t.deepEqual(kafka1!.leading, [
    { fromNs: 5.2e9, toNs: 22.5e9, state: true, epoch: 0, zombieFromNs: 13.2e9 },
  ]);
  t.deepEqual(kafka2!.leading, [{ fromNs: 13.2e9, toNs: 35e9, state: true, epoch: 1, zombieFromNs: null }]);
  t.deepEqual(kafka1!.cutOff, [{ fromNs: 10e9, toNs: 22e9, state: 'cut off from cluster' }]);
  t.deepEqual(
    kafka1!.inSync.map(({ fromNs, toNs }) => [fromNs, toNs]),
    [
      [5.2e9, 13.2e9],
      [25e9, 35e9],
    ],
  );
});

const node = (second: number, state: 'down' | 'up'): Event => ({
  type: 'node',
  timeNs: second * 1e9,
  node: 'kafka1',
  state,
});

const view = (second: number, observer: string, leader: number): Event => ({
  type: 'view',
  timeNs: second * 1e9,
  observer,
  partition: 0,
  leader,
  epoch: 4,
  isr: [1],
});

test('lanes: a leader that dies leads no longer; one that restarts unchallenged leads again', (t) => {
  const { info } = killedLeader().run;
  const unchallenged = lanesOf(info, [view(1, 'kafka1', 1), node(3, 'down'), node(5, 'up')], 0, 9e9);
  t.deepEqual(
    unchallenged[0]!.leading.map(({ fromNs, toNs }) => [fromNs / 1e9, toNs / 1e9]),
    [
      [1, 3],
      [5, 9],
    ],
  );
  const replaced = [view(1, 'kafka1', 1), node(3, 'down'), view(4, 'kafka2', 2), node(5, 'up')];
  t.is(lanesOf(info, replaced, 0, 9e9)[0]!.leading.length, 1);
});

testProp(
  'wrapped lines are never wider than their room, and nothing is invented',
  [fc.lorem({ maxCount: 40 }), fc.integer({ min: 60, max: 400 }), fc.integer({ min: 1, max: 5 })],
  (t, text, width, lines) => {
    const broken = wrap(text, 13, width, lines);
    t.true(broken.length <= lines);
    for (const line of broken) t.true(textWidth(line, 13) <= width);
    if (broken.every((line) => !line.includes('…') && line !== '')) t.is(broken.join(' '), text.trim());
  },
);
