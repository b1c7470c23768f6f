import { arch } from 'node:os';
import { Failure } from '../../../src/core/failure.ts';
import { realClock } from '../../../src/core/clock.ts';
import { freshId } from '../../../src/core/random.ts';
import { bringNodeJsTo } from '../../../src/control/ssh/bring-node-js.ts';
import { resolveTarget } from '../../../src/control/ssh/client-config.ts';
import { parseHost } from '../../../src/control/ssh/host.ts';
import { notedCommand } from '../../../src/control/ssh/dead-man.ts';
import { quoted } from '../../../src/control/shell/quote.ts';
import { createSshLab, type SshLab } from '../../../src/control/ssh/lab.ts';
import { openHost } from '../../../src/control/ssh/remote-host.ts';
import { terminalSecrets } from '../../../src/control/ssh/secrets.ts';
import type { Distribution } from '../../../src/db/kafka/distribution.ts';
import { sshPlan } from '../../../src/run/prepare-ssh.ts';
import { UNTAKEN_MESSAGES } from '../../../src/world/ssh-load-hosts.ts';
import { scenarioSchema } from '../../../src/scenario/schema.ts';
import type { Schedule } from '../../../src/nemesis/schedule.ts';
import { setCable, type Sshds } from './sshd.ts';

const clock = realClock();

async function until<T>(ask: () => Promise<T | null | false>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    await clock.sleep(50);
  }
}

/** What comes of an attempt: the sentence, or `did it`. */
async function sentenceOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'did it';
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.message;
  }
}

async function labOf(
  { home }: Sshds,
  names: readonly string[],
  more: { cuts?: boolean; deadManSeconds?: number } = {},
): Promise<SshLab & { notes: string[] }> {
  const notes: string[] = [];
  const lab = await createSshLab({
    nodes: names.map((given) => ({
      name: given.replace(/.*@/, ''),
      target: resolveTarget(parseHost(given), { HOME: home, USER: 'root' }),
      ports: [9092],
      onlyAnswers: false,
    })),
    run: freshId(),
    cuts: more.cuts ?? true,
    ...(more.deadManSeconds !== undefined && { deadManSeconds: more.deadManSeconds }),
    acceptNew: false,
    secrets: terminalSecrets(),
    confidential: UNTAKEN_MESSAGES,
    note: (text) => notes.push(text),
  });
  return { ...lab, notes };
}

const TICK = ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done'];

export const LAB_CASES = [
  {
    name: 'a connection that is dropped in the middle is opened again, and nothing is lost',
    hosts: ['a', 'b'],
    facts: {
      whole: true,
      ended: { exitStatus: 5, signal: null },
      stillCut: 'silence',
      healed: 'connects',
      ofOurs: '',
    },
    async tell(sshds: Sshds) {
      const lab = await labOf(sshds, ['a', 'b']);
      const a = sshds.hosts.get('a')!;
      const node = lab.nodes.get('a')!;
      const file = `${lab.place}/ticks`;
      const daemon = await node.spawn(TICK, { outputFile: file });
      const short = await node.spawn(['sh', '-c', 'sleep 1; exit 5'], { outputFile: '/dev/null' });
      const link = { from: 'a', to: 'b' };
      await lab.net!.cut([link]);
      const linesOf = async () =>
        String((await node.files.read(file)) ?? '')
          .trim()
          .split('\n');
      await until(async () => (await linesOf()).length > 3);
      for (let drop = 0; drop < 3; drop++) {
        await a.killSessions();
        const before = (await linesOf()).length;
        await until(async () => (await linesOf()).length > before);
      }
      const ended = await short.exited;
      const stillCut = (await lab.net!.probe(link, 400)).answer;
      await a.killSessions();
      await lab.net!.heal([link]);
      const healed = (await lab.net!.probe(link, 5_000)).answer;
      await daemon.signal('SIGKILL');
      await daemon.exited;
      const lines = await linesOf();
      const whole = lines.every((line, index) => Number(line) === index + 1);
      await lab.close();
      // The timer notices that its directory is gone.
      const timer = `/[v]ar/tmp/${lab.place.split('/').at(-1)}`;
      await until(async () => (await a.sh(`pgrep -f '${timer}'; :`)) === '');
      const ofOurs = await a.sh(`ls -d /tmp/kept* ${lab.place} 2>/dev/null; nft list tables; :`);
      return { whole, ended, stillCut, healed, ofOurs };
    },
  },
  {
    name: 'nodes that share a host are cut one by one, and the SSH connection never',
    hosts: ['a', 'b'],
    facts: {
      before: 'zookeeper–kafka1 zookeeper–kafka2 kafka1–kafka2 kafka1–client',
      withoutZookeeper: 'zookeeper–kafka2 kafka1–kafka2 kafka1–client',
      backwards: 'zookeeper–kafka2 kafka1–kafka2 kafka1–client',
      withoutPeers: 'zookeeper–kafka1 zookeeper–kafka2 kafka1–client',
      withoutClient: 'zookeeper–kafka1 zookeeper–kafka2 kafka1–kafka2',
      nothing: '',
      commanded: 'still here',
      after: 'zookeeper–kafka1 zookeeper–kafka2 kafka1–kafka2 kafka1–client',
    },
    async tell({ home, hosts }: Sshds) {
      const target = (name: string) => resolveTarget(parseHost(name), { HOME: home });
      // A mount of their own hides one of two packet filters on each host: ZooKeeper's uses nft, kafka2's iptables.
      const lab = await createSshLab({
        nodes: [
          { name: 'zookeeper', target: target('a'), ports: [2181], onlyAnswers: true },
          { name: 'kafka1', target: target('a'), ports: [9092], onlyAnswers: false },
          { name: 'kafka2', target: target('b'), ports: [9092], onlyAnswers: false },
        ],
        run: freshId(),
        cuts: true,
        acceptNew: false,
        secrets: terminalSecrets(),
        note: () => undefined,
      });
      const net = lab.net!;
      const pairs = [
        ['zookeeper', 'kafka1'],
        ['zookeeper', 'kafka2'],
        ['kafka1', 'kafka2'],
        ['kafka1', 'client'],
      ] as const;
      /** A pair that is to be silent is given a moment; the others have time. */
      const connected = async (isSilent: (pair: string) => boolean = () => false) => {
        const answers = await Promise.all(
          pairs.map(async ([one, other]) => {
            const link = other === 'client' ? { from: other, to: one } : { from: one, to: other };
            const pair = `${one}–${other}`;
            const { answer } = await net.probe(link, isSilent(pair) ? 700 : 10_000);
            return answer === 'connects' ? pair : '';
          }),
        );
        return answers.filter((pair) => pair !== '').join(' ');
      };
      const during = async (from: string, to: string) => {
        await net.cut([{ from, to }]);
        const said = await connected((pair) => pair.includes(from) && pair.includes(to));
        await net.heal([{ from, to }]);
        return said;
      };
      const before = await connected();
      const withoutZookeeper = await during('kafka1', 'zookeeper');
      const backwards = await during('zookeeper', 'kafka1');
      const withoutPeers = await during('kafka2', 'kafka1');
      const withoutClient = await during('kafka1', 'client');
      const names = ['zookeeper', 'kafka1', 'kafka2', 'client'];
      const all = names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ from, to })));
      await net.cut(all);
      const nothing = await connected(() => true);
      // A file may be read twice, so a connection that is lost meanwhile is no reason not to have it.
      const { files } = lab.nodes.get('kafka1')!;
      await files.write(`${lab.place}/note`, 'still here');
      await hosts.get('a')!.killSessions();
      const commanded = String(await files.read(`${lab.place}/note`));
      await net.heal();
      const after = await connected();
      await lab.close();
      return { before, withoutZookeeper, backwards, withoutPeers, withoutClient, nothing, commanded, after };
    },
  },
  {
    name: 'links are probed on hosts whose sshd forbids forwarding, too',
    hosts: ['a', 'b'],
    facts: { before: 'connects', during: 'silence', after: 'connects' },
    async tell(sshds: Sshds) {
      const config = '/run/kept-test/sshd_config';
      await sshds.hosts.get('a')!.sh(`echo AllowTcpForwarding no >>${config}; kill -HUP 1; sleep 1`);
      const lab = await labOf(sshds, ['a', 'b']);
      const link = { from: 'a', to: 'b' };
      const probe = async (timeoutMs: number) => (await lab.net!.probe(link, timeoutMs)).answer;
      const before = await probe(5_000);
      await lab.net!.cut([link]);
      const during = await probe(700);
      await lab.net!.heal();
      const after = await probe(5_000);
      await lab.close();
      return { before, during, after };
    },
  },
  {
    name: 'a link that is down for too long: the timer undoes everything there, and what comes back goes on',
    hosts: ['a', 'b'],
    facts: {
      running: true,
      killed: { exitStatus: null, signal: 'SIGKILL' },
      rulesMeanwhile: 0,
      untakenMeanwhile: 'rows',
      begunMeanwhile: '',
      otherGoesOn: true,
      cutAgain: 'silence',
      startsAgain: true,
      told: [true, true, true],
    },
    async tell(sshds: Sshds) {
      const lab = await labOf(sshds, ['a', 'b'], { deadManSeconds: 3 });
      const [a, b] = [lab.nodes.get('a')!, lab.nodes.get('b')!];
      const daemon = await a.spawn(['sleep', '300'], { outputFile: '/dev/null' });
      // What a process was told and has not taken may hold passwords; what it has told is wanted later.
      await a.files.makeDirectory(`${lab.place}/load/one`);
      for (const file of ['open.json', 'rows']) await a.files.write(`${lab.place}/load/one/${file}`, '{}');
      const other = await b.spawn(['sleep', '300'], { outputFile: '/dev/null' });
      await lab.net!.cut([{ from: 'a', to: 'b' }]);
      const host = sshds.hosts.get('a')!;
      const isThere = async () => (await host.sh(`[ -d /proc/${daemon.pid} ] && echo yes; :`)) === 'yes';
      const running = await isThere();
      await setCable('a', 'down');
      await until(async () => !(await isThere()));
      await until(async () => (await host.rules()).match(/kept/g) === null);
      const untakenMeanwhile = await host.sh(`ls ${lab.place}/load/one`);
      const rulesMeanwhile = (await host.rules()).match(/drop/g)?.length ?? 0;
      // What was about to start when the timer struck does not.
      const begunMeanwhile = await host.sh(quoted(notedCommand(lab.place, ['echo', 'begun'])));
      await setCable('a', 'up');
      const killed = await daemon.exited;
      await until(async () => lab.notes.some((note) => note.includes('struck')));
      await until(async () => (await host.rules()).includes('drop'));
      const cutAgain = (await lab.net!.probe({ from: 'a', to: 'b' }, 400)).answer;
      const again = await a.spawn(['sleep', '300'], { outputFile: '/dev/null' });
      const startsAgain = (await again.state()) !== null;
      const otherGoesOn = (await other.state()) !== null;
      await lab.close();
      const told = [/a is out of reach/, /a was out of reach for \d+ s/, /timer of a struck/];
      return {
        running,
        killed,
        rulesMeanwhile,
        untakenMeanwhile,
        begunMeanwhile,
        otherGoesOn,
        cutAgain,
        startsAgain,
        told: told.map((what) => lab.notes.some((note) => what.test(note))),
      };
    },
  },
  {
    name: 'a host that vanishes in the middle is told in a sentence, and the others are cleaned up',
    hosts: ['a', 'b'],
    facts: { command: true, probe: 'no-observation', noted: true, cleaned: '' },
    async tell(sshds: Sshds) {
      const lab = await labOf(sshds, ['a', 'b']);
      await sshds.hosts.get('b')!.vanish();
      const said = await sentenceOf(() => lab.nodes.get('b')!.files.size('/etc/passwd'));
      const probe = (await lab.net!.probe({ from: 'b', to: 'a' }, 400)).answer;
      await lab.close();
      return {
        command: /^b (does not answer|cannot be reached)/.test(said) || said,
        probe,
        noted: lab.notes.some((note) => note.startsWith('b could not be cleaned up')),
        cleaned: await sshds.hosts.get('a')!.sh(`ls -d ${lab.place} 2>/dev/null; :`),
      };
    },
  },
  {
    name: 'what a host lacks is said before anything is done to any of them',
    hosts: ['a', 'b'],
    facts: {
      noSudo:
        'Links of plain@b cannot be cut, because that needs root there: sudo says: sudo: a password is required',
      untouched: '',
      withoutCuts: 'did it',
      twice: 'a and root@192.0.2.10 are one host, with the address 192.0.2.10',
      noFilter: 'Links of a cannot be cut, because neither nft nor iptables works there',
      noJava: 'a has no Java, and Kafka 3.9.1 needs Java 8 or newer there',
      taken: 'Something listens on port 9092 of a already (192.0.2.10:9092)',
      freed: 'These nodes are not kept’s own, and this would break them for a while: nothing was done.',
      walled: 'b cannot reach port 9092 of a (192.0.2.10:9092): nothing came within 5000 ms',
      noConsent: 'These nodes are not kept’s own, and this would break them for a while: nothing was done.',
    },
    async tell(sshds: Sshds) {
      process.env['HOME'] = sshds.home;
      const a = sshds.hosts.get('a')!;
      const inLab = (names: readonly string[], cuts = true) =>
        sentenceOf(async () => (await labOf(sshds, names, { cuts })).close());
      const noSudo = await inLab(['a', 'plain@b']);
      const untouched = await a.sh('ls -d /var/tmp/kept-* 2>/dev/null; :');
      const withoutCuts = await inLab(['a', 'plain@b'], false);

      const kill: Schedule = [
        { id: 'fault-1', atMs: 0, fault: { kind: 'kill', target: 'leader' }, forMs: 1_000 },
      ];
      const plan = (nodes = ['a', 'b']) =>
        sentenceOf(() =>
          sshPlan(
            { nodes },
            {
              scenario: scenarioSchema.parse({ brokers: 2, topic: { replicationFactor: 2 } }),
              mode: 'kraft-combined',
              strikes: kill,
              distribution: { version: '3.9.1', jars: {} } as unknown as Distribution,
              say: () => undefined,
            },
          ),
        );
      const noConsent = await plan();
      const twice = await plan(['a', 'root@192.0.2.10']);
      await a.sh(
        'nft add table inet wall; nft "add chain inet wall in { type filter hook input priority 0; }"',
      );
      await a.sh(`nft add rule inet wall in ip saddr ${sshds.hosts.get('b')!.address} tcp dport 9092 drop`);
      const walled = await plan();
      await a.sh('nft delete table inet wall');
      const listen = `require('net').createServer().listen(9092, '${a.address}')`;
      const listener = await a.sh(
        `"${process.execPath}" -e "${listen}" >/dev/null 2>&1 & echo $!; sleep 0.5`,
      );
      const taken = await until(async () => (await plan()).replace(noConsent, '') || null);
      // A run that was killed has left a place, and its timer ends what listens there.
      await a.sh(`mkdir /var/tmp/kept-killed; : >/var/tmp/kept-killed/timer`);
      const waiting = plan();
      await a.sh(`sleep 1.5; kill -9 ${listener}; rm -r /var/tmp/kept-killed`);
      const freed = await waiting;
      await a.sh('mount -t tmpfs tmpfs /usr/lib/jvm');
      const noJava = await plan();
      await a.sh('mount --bind /dev/null "$(command -v nft)"');
      const noFilter = await inLab(['a', 'b']);
      return { noSudo, untouched, withoutCuts, twice, noFilter, noJava, taken, freed, walled, noConsent };
    },
  },
  {
    name: 'Node.js is brought to a host that has none, once, and leaves nothing where it does not run or fit',
    hosts: ['a'],
    facts: {
      brought: '42, said: Copying Node.js VERSION to a, once',
      again: '42, said: ',
      ofAnother: '42, said: Copying Node.js VERSION to plain@a, once',
      left: 'node-VERSION-linux-ARCH/node',
      doesNotRun:
        'a has only Node.js 18.0.0 (/opt/node/bin/node), and the load needs Node.js 20.19 or newer there; the one of this machine does not run there',
      doesNotFit: true,
      hint: 'make room in ~/.cache/kept on a, or install one there',
      leftBySuchAttempts: '',
    },
    async tell(sshds: Sshds) {
      const a = sshds.hosts.get('a')!;
      // Its own files are this machine's, but for what is mounted over them; the lab has a mount namespace for that.
      await a.sh('mount -t tmpfs tmpfs /opt; mkdir -p /opt/node/bin');
      await a.sh(
        `for node in "${process.execPath}" /usr/bin/node /usr/local/bin/node; do [ ! -e "$node" ] || mount --bind /dev/null "$node"; done`,
      );
      const said: string[] = [];
      const bring = async (given = 'a'): Promise<string> => {
        said.length = 0;
        const target = resolveTarget(parseHost(given), { HOME: sshds.home, USER: 'root' });
        const host = await openHost(target, { acceptNew: false, secrets: terminalSecrets() });
        try {
          const program = await bringNodeJsTo(host, (line) => said.push(line));
          const { stdout } = await host.control.exec([program, '-p', '6*7']);
          return `${stdout}, said: ${said.join()}`.replaceAll(process.version, 'VERSION');
        } finally {
          host.close();
        }
      };
      const filesIn = (directory: string) => a.sh(`cd ${directory} && find . -type f | cut -c3-; :`);
      const brought = await bring();
      const again = await bring();
      const ofAnother = await bring('plain@a');
      const left = (await filesIn('/root/.cache/kept'))
        .replace(process.version, 'VERSION')
        .replace(arch(), 'ARCH');
      await a.sh(
        'rm -r /root/.cache; mkdir /root/.cache; mount -t tmpfs -o noexec tmpfs /root/.cache; printf "#!/bin/sh\necho 18.0.0\n" >/opt/node/bin/node; chmod 755 /opt/node/bin/node',
      );
      const doesNotRun = await sentenceOf(() => bring());
      const leftBySuchAttempts = await a.sh('ls -A /root/.cache/kept');
      await a.sh('mount -t tmpfs -o size=10m tmpfs /root/.cache');
      const full = await bring().catch((error: unknown) => error);
      const { message, hint } = full instanceof Failure ? full : { message: String(full), hint: undefined };
      return {
        brought,
        again,
        ofAnother,
        left,
        doesNotRun,
        doesNotFit:
          /cannot be copied: .* on a cannot be written: its sshd gives no reason; is the disk full\?$/.test(
            message,
          ) || message,
        hint,
        leftBySuchAttempts: `${leftBySuchAttempts}${await a.sh('ls -A /root/.cache/kept')}`,
      };
    },
  },
] as const;
