import { statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import type { Command } from 'commander';
import { createColors } from 'picocolors';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import { capitalised } from '../../core/words.ts';
import { abilitiesHere } from '../../control/netns/abilities.ts';
import { probeNamespaces } from '../../control/netns/probe.ts';
import { openEngine } from '../../control/docker/engine.ts';
import { processRemote } from '../../control/process-remote.ts';
import { DISKS_NEED, whyNoDisks } from '../../db/kafka/disk.ts';
import { cachedVersions } from '../../db/kafka/distribution.ts';
import { findJava } from '../../jars/java.ts';
import { findMaven } from '../../jars/maven.ts';
import { cachedJavaClients } from '../../run/java-client.ts';
import { clean } from './doctor-clean.ts';
import { wantsColour } from '../terminal/colour.ts';
import { safeLine } from '../terminal/safe-text.ts';
import { printJson, printStyled } from '../terminal/print.ts';

/** One thing that a run needs, and how this machine stands to it. */
interface Finding {
  name: string;
  state: 'good' | 'missing' | 'limited';
  text: string;
  hint?: string;
}

const MEMORY_NEEDED_BYTES = 2 * 2 ** 30;
const DISK_NEEDED_BYTES = 2 ** 30;

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('what this machine can do, and what to install for the rest')
    .option('--json', 'print the findings as JSON')
    .option('--clean', 'list what dead runs have left under Docker, and remove it once you agree')
    .option('--yes', 'with --clean: agree beforehand')
    .addHelpText(
      'after',
      `
Runs clean up after themselves, also after "kill -9". --clean is for what is left when the daemon itself was in the way:
containers, networks and volumes that carry the label kept.run and whose process is dead. Nothing else is touched.

Exit status: 0 when "kept run" will work here, 2 when something it needs is missing.`,
    )
    .action(async (options: { json?: true; clean?: true; yes?: true }) => {
      if (options.clean === true) {
        await clean({ yes: options.yes === true });
        return;
      }
      const findings = [
        nodeVersion(),
        await java(),
        await kafka(),
        await javaClient(),
        await lab(),
        await packets(),
        await docker(),
        await powerLoss(),
        memory(),
        disk(),
      ];
      if (options.json === true) printJson(`${JSON.stringify(findings, null, 2)}\n`);
      else printStyled(describe(findings));
      process.exitCode = findings.some((finding) => finding.state === 'missing')
        ? EXIT.inconclusive
        : EXIT.valid;
    });
}

function nodeVersion(): Finding {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
  const enough = major > 20 || (major === 20 && minor >= 19);
  return enough
    ? { name: 'Node.js', state: 'good', text: process.version }
    : {
        name: 'Node.js',
        state: 'missing',
        text: `${process.version} is too old`,
        hint: 'Install Node.js 20.19 or newer.',
      };
}

async function java(): Promise<Finding> {
  return attempt('Java', async () => {
    const { path, version } = await findJava(process.env);
    const old = Number(version.split('.')[0]) < 17;
    return {
      state: old ? 'limited' : 'good',
      text: `${version} (${path})`,
      ...(old && {
        hint: 'Kafka 4 and the Java client (--client java) need Java 17 or newer; older versions of Kafka will run.',
      }),
    };
  });
}

async function kafka(): Promise<Finding> {
  const home = process.env['KAFKA_HOME'];
  const cached = await cachedVersions(process.env);
  const here = [...(home ? [`KAFKA_HOME=${home}`] : []), ...cached];
  const found = await attempt('Kafka', async () => ({
    state: 'good',
    text: `Maven fetches any version (${await findMaven(process.env)})`,
  }));
  if (here.length === 0) return found;
  const text = `already here: ${here.join(', ')}`;
  return found.state === 'good'
    ? { ...found, text: `${text}; ${found.text}` }
    : {
        name: 'Kafka',
        state: 'limited',
        text: `${text}; no Maven to fetch others`,
        ...(found.hint && { hint: found.hint }),
      };
}

/** Never missing: it is only one client among others. */
async function javaClient(): Promise<Finding> {
  const name = 'Client';
  const cached = await cachedJavaClients(process.env);
  const here = cached.length === 0 ? '' : `already here: ${cached.join(', ')}; `;
  const found = await attempt(name, async () => ({
    state: 'good',
    text: `--client java: ${here}Maven fetches any version (${await findMaven(process.env)})`,
  }));
  if (found.state === 'good') return found;
  const text =
    cached.length === 0
      ? 'no --client java: there is no Maven to fetch it'
      : `--client java: ${here}no Maven to fetch others`;
  return { ...found, state: 'limited', text };
}

async function lab(): Promise<Finding> {
  const probed = await probeNamespaces();
  if (!probed.allowed) {
    return {
      name: 'Lab',
      state: 'missing',
      text: probed.reason ?? 'no namespaces',
      ...(probed.hint !== undefined && { hint: probed.hint }),
    };
  }
  return {
    name: 'Lab',
    state: 'good',
    text: `network namespaces work${probed.rootless ? ' without root' : ' as root'}`,
  };
}

/** Never missing: only the faults "loss" and "delay" need it. */
async function packets(): Promise<Finding> {
  const name = 'Packets';
  if (!(await probeNamespaces()).allowed)
    return { name, state: 'limited', text: 'none can be lost or late, for want of a lab' };
  const { loss, delay } = await abilitiesHere();
  const wanting = [loss, delay].flatMap((ability) => (ability.answer === 'yes' ? [] : [ability]));
  if (wanting.length === 0) return { name, state: 'good', text: 'links can lose and delay packets' };
  const can =
    loss.answer === 'yes'
      ? 'links can lose packets; no'
      : delay.answer === 'yes'
        ? 'links can delay packets; no'
        : 'no loss and no';
  const hint = wanting.flatMap((ability) => (ability.answer === 'no' ? [ability.hint] : [])).join('; ');
  return {
    name,
    state: 'limited',
    text: `${can} ${delay.answer === 'yes' ? 'loss' : 'delay'}: ${wanting.map(({ because }) => because).join('; ')}`,
    ...(hint !== '' && { hint: capitalised(hint) }),
  };
}

/** Never missing: it is only one way among others. */
async function docker(): Promise<Finding> {
  const found = await attempt('Docker', async () => {
    const { version, endpoint } = await openEngine();
    return { state: 'good', text: `${version} at ${endpoint.host} (--lab docker)` };
  });
  return found.state === 'missing' ? { ...found, state: 'limited' } : found;
}

async function powerLoss(): Promise<Finding> {
  return attempt('Power', async () => {
    const why = await whyNoDisks(processRemote('this machine', '127.0.0.1'));
    return why === null
      ? { state: 'good', text: 'disks can be made that lose what was not synced' }
      : { state: 'limited', text: `no power loss: ${why}`, hint: DISKS_NEED };
  });
}

function memory(): Finding {
  const gib = (freemem() / 2 ** 30).toFixed(1);
  if (freemem() >= MEMORY_NEEDED_BYTES) return { name: 'Memory', state: 'good', text: `${gib} GiB free` };
  return {
    name: 'Memory',
    state: 'limited',
    text: `${gib} GiB free`,
    hint: 'Three brokers want about 2 GiB; runs may be slow.',
  };
}

function disk(): Finding {
  const stats = statfsSync('.');
  const freeBytes = stats.bavail * stats.bsize;
  const text = `${(freeBytes / 2 ** 30).toFixed(1)} GiB free here`;
  if (freeBytes >= DISK_NEEDED_BYTES) return { name: 'Disk', state: 'good', text };
  return {
    name: 'Disk',
    state: 'limited',
    text,
    hint: 'Histories need room: use --store to put them elsewhere.',
  };
}

async function attempt(name: string, look: () => Promise<Omit<Finding, 'name'>>): Promise<Finding> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    const hint = error instanceof Failure && error.hint !== '' ? { hint: error.hint } : {};
    return { name, state: 'missing', text: messageOf(error), ...hint };
  }
}

function describe(findings: readonly Finding[]): string {
  const colors = createColors(wantsColour(process.stdout));
  const mark = {
    good: colors.green('good   '),
    limited: colors.yellow('limited'),
    missing: colors.red('missing'),
  };
  const lines = findings.flatMap(({ name, state, text, hint }) => [
    `${mark[state]}  ${name.padEnd(8)} ${safeLine(text)}`,
    ...(hint === undefined ? [] : [`${' '.repeat(18)}${safeLine(hint)}`]),
  ]);
  return `${lines.join('\n')}\n`;
}
