import test from 'ava';
import { dockerNet, type Helper } from '../../../src/control/docker/docker-net.ts';
import type { Engine } from '../../../src/control/docker/engine.ts';
import { asBefore, makeNetwork } from '../../../src/control/docker/network.ts';

/** What is set in a node's network goes with its interface, and is set again when the node is back. */
function made() {
  const told: string[] = [];
  const helper = (name: string): Helper => ({
    remote: {
      exec: async (command) => {
        told.push(`${name}: ${command.at(-1)}`);
        return { exitStatus: 0, stdout: 'iptables works\nnft none\ntc works\n', stderr: '' };
      },
    },
    runProgram: async () => {
      throw new Error('no probe is made');
    },
  });
  const net = dockerNet(
    new Map(['a', 'b'].map((name) => [name, helper(name)])),
    new Map([
      ['a', '10.0.0.2'],
      ['b', '10.0.0.3'],
      ['client', '10.0.0.1'],
    ]),
    null,
    {
      ability: { answer: 'yes' },
      disconnect: async (node) => void told.push(`disconnect ${node}`),
      connect: async (node) => void told.push(`connect ${node}`),
    },
  );
  const take = () => told.splice(0);
  return { net, take };
}

const SENT = { from: 'a', to: 'b' };
const FROM_WORKERS = { from: 'client', to: 'a' };

test('the interface is found by the address of the node', async (t) => {
  const { net, take } = made();
  await net.cut([SENT, FROM_WORKERS]);
  const [script = '', more] = take();
  t.is(more, undefined, 'one script for the node');
  t.regex(script, /^a: \ndevice=.* inet 10\.0\.0\.2\//);
  t.regex(script, /arp -i "\$device" -s 10\.0\.0\.3 /);
  t.notRegex(script, /eth0/);
});

test('a cut that was there is there again after the node has come back', async (t) => {
  const { net, take } = made();
  await net.cut([SENT, FROM_WORKERS]);
  take();
  await net.plugs!.disconnect(['a']);
  await net.plugs!.connect(['a']);
  const [off, on, script = '', more] = take();
  t.deepEqual([off, on, more], ['disconnect a', 'connect a', undefined]);
  t.regex(script, /arp -i "\$device" -s 10\.0\.0\.3 /);
  // The rule for what the workers send is none of the interface's.
  t.notRegex(script, /ip rule/);
});

test('a cut that begins while the node is off is made when it is back', async (t) => {
  const { net, take } = made();
  await net.plugs!.disconnect(['a']);
  await net.cut([SENT, FROM_WORKERS]);
  const [, rules = ''] = take();
  t.regex(rules, /ip rule add/);
  t.notRegex(rules, /arp|device/, 'there is no interface');
  await net.plugs!.connect(['a']);
  t.regex(take()[1] ?? '', /arp -i "\$device" -s 10\.0\.0\.3 /);
});

test('a cut that ends while the node is off is not made again', async (t) => {
  const { net, take } = made();
  await net.cut([SENT]);
  await net.plugs!.disconnect(['a']);
  take();
  await net.heal([SENT]);
  t.deepEqual(take(), [], 'nothing of it is left that could be taken away');
  await net.plugs!.connect(['a']);
  t.deepEqual(take(), ['connect a']);
  t.false(net.isCut(SENT));
});

test('a node is late again after it has come back, and what it loses goes on being counted', async (t) => {
  const { net, take } = made();
  await net.impairing!.impair({ kind: 'delay', delayMs: 50, jitterMs: 0 }, [SENT]);
  await net.impairing!.impair({ kind: 'loss', percent: 20 }, [{ from: 'b', to: 'a' }]);
  take();
  await net.plugs!.disconnect(['a']);
  await net.plugs!.connect(['a']);
  const [, , script = '', more] = take();
  t.regex(script, /tc filter add/);
  t.is(more, undefined, 'the rules of the loss are not made anew');
});

test('a delay that begins or ends while the node is off waits for its return', async (t) => {
  const { net, take } = made();
  const early = await net.impairing!.impair({ kind: 'delay', delayMs: 50, jitterMs: 0 }, [SENT]);
  await net.plugs!.disconnect(['a']);
  take();
  await early.lift();
  await net.impairing!.impair({ kind: 'delay', delayMs: 70, jitterMs: 0 }, [SENT]);
  t.deepEqual(take(), [], 'there is no interface');
  await net.plugs!.connect(['a']);
  const script = take()[1] ?? '';
  t.regex(script, /delay 70ms/);
  t.notRegex(script, /delay 50ms/);
});

test('a node comes back with its addresses and with the names that it was given', (t) => {
  const id = 'abcdef0123456789';
  t.deepEqual(
    asBefore(
      { IPAddress: '10.0.0.2', MacAddress: '02:42:0a:00:00:02', Aliases: ['kafka', 'abcdef012345'] },
      id,
    ) as unknown,
    { IPAMConfig: { IPv4Address: '10.0.0.2' }, Aliases: ['kafka'], MacAddress: '02:42:0a:00:00:02' },
  );
  t.deepEqual(asBefore({ IPAddress: '10.0.0.2', Aliases: null }, id) as unknown, {
    IPAMConfig: { IPv4Address: '10.0.0.2' },
  });
});

/** A daemon that chooses the pools in their order, and refuses what another holds. */
function daemon(taken: string[], how: { tells?: boolean; refusal?: string } = {}) {
  const pools = ['172.18.0.0/16', '172.19.0.0/16', '172.20.0.0/16'];
  const refusal = how.refusal ?? 'Pool overlaps with other one on this address space';
  const held = new Set<string>();
  const log: string[] = [];
  const createNetwork = async (options: { IPAM?: { Config: { Subnet: string }[] } }) => {
    const wanted = options.IPAM?.Config[0]?.Subnet;
    // Just then another has taken it.
    if (wanted !== undefined && taken.includes(wanted)) {
      held.add(wanted);
      throw Object.assign(new Error('HTTP'), { statusCode: 403, json: { message: refusal } });
    }
    const subnet = wanted ?? pools.find((pool) => !held.has(pool))!;
    log.push(`${wanted === undefined ? 'chosen' : 'asked for'} ${subnet}`);
    return {
      inspect: async () => ({ IPAM: { Config: how.tells === false ? [] : [{ Subnet: subnet }] } }),
      remove: async () => void log.push(`removed ${subnet}`),
    };
  };
  return { engine: { api: { createNetwork } } as unknown as Engine, log };
}

test('the subnet is the one that the daemon itself takes, asked for by name', async (t) => {
  const { engine, log } = daemon([]);
  t.true((await makeNetwork(engine, 'run')).keepsAddresses);
  t.deepEqual(log, ['chosen 172.18.0.0/16', 'removed 172.18.0.0/16', 'asked for 172.18.0.0/16']);
});

test('where another has taken the subnet meanwhile, the next is tried', async (t) => {
  const { engine, log } = daemon(['172.18.0.0/16']);
  t.true((await makeNetwork(engine, 'run')).keepsAddresses);
  t.is(log.at(-1), 'asked for 172.19.0.0/16');
});

test('a daemon that refuses for another reason is not asked again, and says why', async (t) => {
  const { engine, log } = daemon(['172.18.0.0/16'], { refusal: 'no rights to do so' });
  await t.throwsAsync(makeNetwork(engine, 'run'), {
    message: 'Docker cannot make a network: no rights to do so.',
  });
  t.is(log.length, 2);
});

test('where no subnet is told, the network is as the daemon made it, and keeps no addresses', async (t) => {
  const { engine, log } = daemon([], { tells: false });
  t.false((await makeNetwork(engine, 'run')).keepsAddresses);
  t.deepEqual(log, ['chosen 172.18.0.0/16']);
});
