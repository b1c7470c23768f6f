import { resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { probeNamespaces } from '../../src/control/netns/probe.ts';
import { whyNoSshds } from '../control/ssh/sshd.ts';
import { AS_COMPILED } from '../as-compiled.ts';

/** Workers on hosts behind SSH, beside a cluster that kept did not make: real sshd's and a real Kafka behind SASL and TLS. */
const FIXTURE = resolve(import.meta.dirname, 'load-hosts-fixture.ts');
const missing = whyNoSshds(await probeNamespaces());
const real = missing === undefined ? test : test.skip;
const suffix = missing === undefined ? '' : ` (skipped: ${missing})`;

/** What the fixture is to tell, part by part. */
const EXPECTED: Record<string, unknown> = {
  secured: {
    status: 0,
    verdict: 'valid',
    workers: 8,
    clocks: ['b: 1 3 5 7'],
    isClockMeasured: true,
    isOnOneClock: true,
    isLoadSeen: true,
    isSecretSeen: false,
    left: '',
  },
  refused: {
    number:
      '64: kept: --load-hosts asks for 2 hosts to be made, and beside a cluster that is there already kept makes none.',
    noHost: '2: kept: There is no host "nowhere.invalid": its name cannot be resolved.',
    unknownKey:
      '2: kept: The key of a is unknown: it shows ssh-ed25519 SHA256:…, and no known_hosts has one for 192.0.2.10.',
    walled: '2: kept: A cannot reach kafka1 (192.0.2.1:9094): nothing came within 5000 ms.',
    nodes:
      '64: kept: --nodes is about a cluster that the run starts, and one that is there already is named.',
    acceptNew: '64: kept: --ssh-accept-new is about hosts behind SSH, and this run has none.',
    noRight: '2: kept: The topic TOPIC could not be made: TOPIC_AUTHORIZATION_FAILED.',
    dry: 0,
    left: '',
  },
  killed: {
    secretsThere: '',
    leftThere: 'claims\nload.cjs\noutbox.ndjson\noutput.txt\n1',
    checked: 2,
    isAccused: false,
    resumed: 0,
    periods: ['cut-short', 'complete'],
    output: '',
  },
  filesWithSecrets: [],
  runs: ['run-1', 'run-2', 'soak'],
};

let told: Record<string, unknown> = {};

if (missing === undefined)
  test.before(async (t) => {
    t.timeout(240_000);
    const { stdout, stderr } = await execa(process.execPath, [AS_COMPILED, FIXTURE], {
      reject: false,
      stdin: 'ignore',
    });
    const line = stdout.split('\n').at(-1) ?? '';
    if (!line.startsWith('{')) throw new Error(`The fixture told nothing: ${stderr}`);
    told = JSON.parse(line) as Record<string, unknown>;
  });

for (const [part, expected] of Object.entries(EXPECTED))
  real(`workers of a given cluster live on hosts behind SSH: ${part}${suffix}`, (t) => {
    t.deepEqual(told[part], expected);
  });
