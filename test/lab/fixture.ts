import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { realClock } from '../../src/core/clock.ts';
import { freshId } from '../../src/core/random.ts';
import { openEngine } from '../../src/control/docker/engine.ts';
import { ensureHelperImage } from '../../src/control/docker/helper-image.ts';
import type { Reach } from '../../src/control/docker/reach.ts';
import { createDockerLab } from '../../src/control/docker/lab.ts';
import { createLoopbackLab } from '../../src/control/loopback/lab.ts';
import type { Lab } from '../../src/control/lab.ts';
import { enterLab, insideLab } from '../../src/control/netns/enter.ts';
import { createLab } from '../../src/control/netns/lab.ts';
import { resolveTarget } from '../../src/control/ssh/client-config.ts';
import { parseHost } from '../../src/control/ssh/host.ts';
import { createSshLab } from '../../src/control/ssh/lab.ts';
import { terminalSecrets } from '../../src/control/ssh/secrets.ts';
import type { LabKind } from '../../src/world/plan.ts';
import { startSshds, SUDO_USER } from '../control/ssh/sshd.ts';
import { LAB_CASES, OUTSIDE_PORT } from './cases.ts';

/**
 * Builds a lab with the nodes a and b. `tell` tells the contract's cases as one line of JSON; `wait` starts a daemon on
 * each node, prints their pids as this process sees them, and waits to be killed.
 * Usage: fixture.ts KIND tell|wait DIRECTORY [REACH]
 */
const [kind = 'loopback', task = '', directory = '', reach = ''] = process.argv.slice(2);
const NODES = [{ name: 'a' }, { name: 'b' }];
const BUILD: Record<LabKind, () => Promise<Lab>> = {
  netns: () => createLab(NODES),
  loopback: () => createLoopbackLab(NODES),
  docker: async () => {
    const engine = await openEngine();
    const image = await ensureHelperImage(engine, () => undefined);
    const lab = await createDockerLab({
      engine,
      run: freshId(),
      image,
      nodes: NODES.map((node) => ({ ...node, port: OUTSIDE_PORT })),
      ...(reach !== '' && { reach: reach as Reach }),
      say: () => undefined,
    });
    process.stderr.write(`${lab.account}\n`);
    // The cases call Node by the path that it has on this machine.
    const link = '[ -e "$1" ] || { mkdir -p "${1%/*}" && ln -s "$(command -v node)" "$1"; }';
    for (const node of lab.nodes.values()) await node.exec(['sh', '-c', link, 'sh', process.execPath]);
    return lab;
  },
  ssh: () =>
    createSshLab({
      nodes: NODES.map(({ name }) => ({
        name,
        // One host lets root in; on the other one sudo has to do.
        target: resolveTarget(parseHost(name === 'a' ? name : `${SUDO_USER}@${name}`), process.env),
        ports: [9092],
        onlyAnswers: false,
      })),
      run: freshId(),
      cuts: true,
      acceptNew: false,
      secrets: terminalSecrets(),
      note: (text) => process.stderr.write(`${text}\n`),
    }),
};
/** In the environment of the program that commands a lab of hosts, to tell it from the one that makes the hosts. */
const COMMANDER = 'KEPT_TEST_COMMANDER';

async function tell(lab: Lab): Promise<void> {
  const told: Record<string, unknown> = {};
  for (const [index, one] of LAB_CASES.entries()) {
    const lacks = one.needs !== undefined && !(await has(lab, one.needs));
    told[one.name] = lacks ? `no ${one.needs}` : await one.tell(lab, join(directory, `case-${index}`));
  }
  await lab.close();
  writeSync(1, `${JSON.stringify(told)}\n`);
}

/** Whether the lab itself says that it can. */
async function has(lab: Lab, power: 'net' | 'loss' | 'delay' | 'plugs'): Promise<boolean> {
  if (power === 'net' || lab.net === null) return lab.net !== null;
  const ability =
    power === 'plugs'
      ? lab.net.plugs?.ability
      : await lab.net.impairing?.can(power, [{ from: 'a', to: 'b' }]);
  if (ability !== undefined && ability.answer !== 'yes')
    process.stderr.write(`${power}: ${ability.because}\n`);
  return ability?.answer === 'yes';
}

async function wait(lab: Lab): Promise<void> {
  const marker = directory;
  await lab.net?.cut([{ from: 'a', to: 'b' }]);
  await lab.net?.impairing?.impair({ kind: 'loss', percent: 10 }, [{ from: 'b', to: 'a' }]);
  for (const node of lab.nodes.values())
    await node.spawn(['sleep', '300'], {
      outputFile: '/dev/null',
      environment: { KEPT_TEST_MARKER: marker },
    });
  writeSync(1, 'ready\n');
  await realClock().sleep(300_000);
}

/** Makes the hosts, and runs this program again as the one that commands them: when it is killed, they go on. */
async function makeHosts(): Promise<never> {
  await createLab(NODES);
  const { hosts, home } = await startSshds(NODES.map(({ name }) => name));
  const commander = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, HOME: home, [COMMANDER]: directory },
  });
  await once(commander, 'close');
  if (task === 'wait') {
    const count = async () => {
      const rules = await Promise.all([...hosts.values()].map((host) => host.rules()));
      return rules.join('').match(/KEPT|kept/g)?.length ?? 0;
    };
    writeSync(1, `rules: ${await count()}\n`);
    while ((await count()) > 0) await realClock().sleep(50);
    writeSync(1, 'rules: 0\n');
    await realClock().sleep(300_000);
  }
  return process.exit(0);
}

if ((kind === 'netns' || kind === 'ssh') && !insideLab()) process.exit(await enterLab(process.argv.slice(2)));
if (kind === 'ssh' && process.env[COMMANDER] === undefined) await makeHosts();
const lab = await BUILD[kind as LabKind]();
await (task === 'tell' ? tell(lab) : wait(lab));
process.exit(0);
