import { resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { probeNamespaces } from '../../../src/control/netns/probe.ts';
import { CASES } from './cases.ts';
import { LAB_CASES } from './lab-cases.ts';
import { whyNoSshds } from './sshd.ts';
import { AS_COMPILED } from '../../as-compiled.ts';

/** Nodes behind SSH, held against real sshd's: each in a network namespace of its own. */
const FIXTURE = resolve(import.meta.dirname, 'fixture.ts');
const missing = whyNoSshds(await probeNamespaces());
const real = missing === undefined ? test : test.skip;

for (const { name, facts } of [...CASES, ...LAB_CASES]) {
  real(`${name}${missing === undefined ? '' : ` (skipped: ${missing})`}`, async (t) => {
    t.timeout(180_000);
    const { stdout, stderr } = await execa(process.execPath, [AS_COMPILED, FIXTURE, name], {
      reject: false,
      stdin: 'ignore',
    });
    t.deepEqual(JSON.parse(stdout.split('\n').at(-1) || 'null'), facts, stderr);
  });
}
