import type { Link } from '../../src/core/link.ts';
import test from 'ava';
import { countedNet } from '../../src/control/counted-net.ts';

/** A network that only notes what it was told to do. `refusals` of its changes fail. */
function noted(refusals = 0) {
  const told: string[] = [];
  let left = refusals;
  const change = (what: string) => async (links: readonly Link[]) => {
    told.push(`${what} ${links.map(({ from, to }) => `${from}>${to}`).join(' ')}`.trim());
    if (left-- > 0) throw new Error('refused');
  };
  const net = countedNet({
    block: change('block'),
    unblock: change('unblock'),
    probe: async () => ({ answer: 'connects', detail: '' }),
    plugs: {
      ability: { answer: 'yes' },
      pull: async (node) => change('pull')([{ from: node, to: '' }]),
      plug: async (node) => change('plug')([{ from: node, to: '' }]),
    },
  });
  return { net, told };
}

const link = { from: 'a', to: 'b' };
const back = { from: 'b', to: 'a' };

test('a link that two faults cut opens with the second heal', async (t) => {
  const { net, told } = noted();
  await net.cut([link]);
  await net.cut([link]);
  t.deepEqual(await net.heal([link]), []);
  t.true(net.isCut(link));
  t.deepEqual(await net.heal([link]), [link]);
  t.false(net.isCut(link));
  t.deepEqual(told, ['block a>b', 'block a>b', 'unblock', 'unblock a>b']);
});

test('two nodes can talk again only when neither direction is cut', async (t) => {
  const { net } = noted();
  await net.cut([link, back]);
  t.deepEqual(await net.heal([link]), []);
  t.true(net.isCut(link));
  t.deepEqual(await net.heal([back]), [back]);
});

test('a final heal opens everything, however often it was cut', async (t) => {
  const { net } = noted();
  await net.cut([link, back]);
  await net.cut([link]);
  t.deepEqual(await net.heal(), [link, back]);
  t.false(net.isCut(link));
});

test('a heal that failed is still to be done, and may be tried again', async (t) => {
  const { net, told } = noted();
  await net.cut([link]);
  const refusing = noted(2);
  await t.throwsAsync(refusing.net.cut([link]), { message: 'refused' });
  await t.throwsAsync(refusing.net.heal([link]), { message: 'refused' });
  t.true(refusing.net.isCut(link));
  t.deepEqual(await refusing.net.heal([link]), [link]);
  t.deepEqual(told, ['block a>b']);
});

test('a heal never overtakes the cut that it is to undo', async (t) => {
  const order: string[] = [];
  let release = (): void => undefined;
  const net = countedNet({
    block: () =>
      new Promise((resolve) => {
        release = () => {
          order.push('blocked');
          resolve();
        };
      }),
    unblock: async () => void order.push('unblocked'),
    probe: async () => ({ answer: 'connects', detail: '' }),
  });
  const cutting = net.cut([link]);
  const healing = net.heal([link]);
  await Promise.resolve();
  release();
  await Promise.all([cutting, healing]);
  t.deepEqual(order, ['blocked', 'unblocked']);
});

test('a node that two faults disconnected is back when both have connected it', async (t) => {
  const { net, told } = noted();
  const plugs = net.plugs!;
  await plugs.disconnect(['a', 'c']);
  await plugs.disconnect(['a']);
  t.true(net.isCut(link) && net.isCut(back));
  await plugs.connect(['a']);
  t.true(net.isCut(link));
  await plugs.connect(['a', 'c']);
  t.false(net.isCut(link));
  t.deepEqual(told, ['pull a>', 'pull c>', 'plug a>', 'plug c>']);
});

test('links of a node without a network do not carry when their cut is healed', async (t) => {
  const { net } = noted();
  await net.cut([link]);
  await net.plugs!.disconnect(['b']);
  t.deepEqual(await net.heal([link]), []);
  await net.plugs!.connect();
  t.false(net.isCut(link));
});

test('a connection that failed is still to be done, and may be tried again', async (t) => {
  const refusing = noted(2);
  const plugs = refusing.net.plugs!;
  await t.throwsAsync(plugs.disconnect(['a']), { message: 'refused' });
  await t.throwsAsync(plugs.connect(['a']), { message: 'refused' });
  t.true(refusing.net.isCut(link));
  await plugs.connect(['a']);
  t.false(refusing.net.isCut(link));
});
