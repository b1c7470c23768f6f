import { openSync } from 'node:fs';
import { enterLab } from '../../src/control/netns/enter.ts';
import { netnsNet } from '../../src/control/netns/netns-net.ts';
import { probeNamespaces } from '../../src/control/netns/probe.ts';
import { createProber, localProber } from '../../src/control/prober.ts';
import { processRemote } from '../../src/control/process-remote.ts';
import { messageOf } from '../../src/core/failure.ts';
import { findJava } from '../../src/jars/java.ts';
import { findMaven } from '../../src/jars/maven.ts';
import { shareSeeds } from '../../src/cli/sim-jobs.ts';
import { Thread } from '../../src/report/threads/thread.ts';

/**
 * Starts every kind of process that kept starts, in a process that can open nothing more, and prints what became of each
 * as JSON. It is to run under a small limit of open files, so that all are quickly taken.
 */
const remote = processRemote('kafka1', '127.0.0.1');
const untried: string[] = [];
const ACTS: Record<string, () => Promise<unknown>> = {
  'a command on a node': () => remote.exec(['true']),
  'a command with input': () => remote.exec(['cat'], { input: 'x' }),
  'a broker': () => remote.spawn(['true'], { outputFile: '/dev/null', workingDirectory: '/' }),
  'a lab': () => enterLab(['inside-lab', 'nothing']),
  'a look at what namespaces are allowed': probeNamespaces,
  'a cut': () =>
    netnsNet(
      new Map([
        ['client', '1'],
        ['kafka1', '2'],
      ]),
    ).cut([{ from: 'client', to: 'kafka1' }]),
  Java: () => findJava(process.env),
  Maven: () => findMaven(process.env),
  'a probe': async () => createProber({ start: localProber() }).probe('127.0.0.1', 9, 1_000),
  'jobs of sim': async () => {
    await shareSeeds({
      range: { first: 1, last: 100 },
      how: { bug: null, claim: 'contract' },
      jobs: 2,
      signal: new AbortController().signal,
      onReport: () => undefined,
      onUntried: (seeds, death) => untried.push(`${seeds.length} seeds: ${death}`),
    });
    return untried;
  },
  'a thread': () =>
    new Thread(new URL('../../src/report/threads/survey-thread.js', import.meta.url)).ask('x'),
};

try {
  for (;;) openSync('/dev/null', 'r');
} catch {
  // There is no other way to find out that none is left.
}
const became: Record<string, unknown> = {};
for (const [what, act] of Object.entries(ACTS)) {
  try {
    became[what] = { gave: await act() };
  } catch (error) {
    became[what] = { threw: error instanceof Error ? error.name : typeof error, message: messageOf(error) };
  }
}
// An "error" that a child emits later would end this process before.
await new Promise((resolve) => setTimeout(resolve, 100));
process.stdout.write(JSON.stringify(became));
