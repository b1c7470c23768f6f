import test from 'ava';
import { execa } from 'execa';
import { abilitiesOf, abilitiesScript } from '../../../src/control/impairing/abilities.ts';

const of = (stdout: string, stderr = '') => abilitiesOf('kafka1', { exitStatus: 0, stdout, stderr });

test('whichever filter works is taken, and what works needs no more words', (t) => {
  t.deepEqual(of('iptables works\nnft works\ntc works\n'), {
    filter: 'iptables',
    loss: { answer: 'yes' },
    delay: { answer: 'yes' },
  });
  t.is(of('iptables fails x\nnft works\ntc none').filter, 'nft');
});

test('what is missing is said, with what to do', (t) => {
  const nothing = of('iptables none\nnft none\ntc none');
  t.like(nothing.loss, {
    answer: 'no',
    because: 'kafka1 has neither iptables nor nft, which drop a part of the packets',
  });
  t.like(nothing.delay, { answer: 'no', because: 'kafka1 has no tc, which delays packets' });
  for (const said of [
    'Error: Specified qdisc kind is unknown.',
    'RTNETLINK answers: No such file or directory',
  ]) {
    const { delay } = of(`iptables none\nnft works\ntc fails ${said}`);
    t.like(delay, { answer: 'no' });
    t.regex(
      JSON.stringify(delay),
      /the kernel of kafka1 has no netem \(the module sch_netem\).*modprobe sch_netem/,
    );
  }
  t.like(of('iptables works\nnft none\ntc fails RTNETLINK answers: Operation not permitted').delay, {
    answer: 'no',
    hint: 'that needs root there (CAP_NET_ADMIN)',
  });
  t.regex(
    JSON.stringify(of('iptables fails No chain/target/match by that name\nnft none\ntc works').loss),
    /kafka1 cannot drop a part of the packets: iptables says \\"No chain/,
  );
});

test('a probe that told nothing is no answer', (t) => {
  const lost = of('', 'the connection was lost');
  t.deepEqual(lost.loss, { answer: 'not-observed', because: 'the connection was lost' });
  t.deepEqual(lost.delay, { answer: 'not-observed', because: 'the connection was lost' });
  t.is(of('iptables works\nnft none\ntc fails out of memory').delay.answer, 'not-observed');
});

test('the script itself is one that sh runs, and answers every question', async (t) => {
  const { stdout } = await execa('sh', ['-c', abilitiesScript('unshare --user --map-root-user --net')], {
    reject: false,
  });
  const told = stdout.split('\n').map((line) => line.split(' ').slice(0, 2).join(' '));
  t.is(told.length, 3, stdout);
  for (const [index, program] of ['iptables', 'nft', 'tc'].entries())
    t.regex(told[index]!, new RegExp(`^${program} (works|fails|none)$`));
});
