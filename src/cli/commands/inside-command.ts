import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { EXIT, Failure } from '../../core/failure.ts';
import { insideLab } from '../../control/netns/enter.ts';
import { createLab } from '../../control/netns/lab.ts';
import { makeClassArchive } from '../../db/kafka/archive.ts';
import type { LabRequest } from '../lab-shell.ts';
import type { Plan } from '../../run/plan.ts';
import type { NetnsPlan } from '../../world/plan.ts';
import { say } from '../terminal/print.ts';

/** The hidden command that the outer one starts again inside the namespaces. */
export function addInsideCommand(program: Command): void {
  program
    .command('inside-lab', { hidden: true })
    .argument('<file>')
    .option('--shell')
    .option('--class-archive')
    .action(async (file: string, options: { shell?: true; classArchive?: true }) => {
      if (!insideLab()) {
        throw new Failure('"inside-lab" is what kept calls itself inside a lab.', {
          hint: 'Use "kept run" or "kept lab".',
          exitStatus: EXIT.usage,
        });
      }
      const request: unknown = JSON.parse(readFileSync(file, 'utf8'));
      if (options.shell === true) {
        const { openShell } = await import('../lab-shell.ts');
        process.exitCode = await openShell(request as LabRequest);
      } else if (options.classArchive === true) {
        await writeClassArchive(request as Plan<NetnsPlan>);
      } else {
        const [{ carryOutHere }, { reporterFor }] = await Promise.all([
          import('../../run/launch.ts'),
          import('../terminal-reporter.ts'),
        ]);
        const plan = request as Plan;
        process.exitCode = await carryOutHere(plan, reporterFor(plan));
      }
    });
}

async function writeClassArchive({ world, mode }: Plan<NetnsPlan>): Promise<void> {
  await createLab([]);
  // What it writes on the way goes away with the lab.
  process.env['TMPDIR'] = '/run';
  const problem = await makeClassArchive(world.distribution, mode);
  if (problem !== null) say(`The next cluster will not start more quickly: ${problem}.\n`);
}
