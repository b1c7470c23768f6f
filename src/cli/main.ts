import { Command } from 'commander';
import { explain } from './terminal/explain.ts';
import { endWithoutOutput } from './terminal/output-errors.ts';
import { everythingPrinted, print, say } from './terminal/print.ts';
import { keptVersion } from '../core/version.ts';

/** In the order of the help. Each is loaded when it is asked for, and all of them only to be listed. */
const COMMANDS: Record<string, (program: Command) => Promise<void>> = {
  run: async (program) => (await import('./commands/run.ts')).addRunCommand(program),
  check: async (program) => (await import('./commands/check.ts')).addCheckCommand(program),
  explain: async (program) => (await import('./commands/explain.ts')).addExplainCommand(program),
  status: async (program) => (await import('./commands/status.ts')).addStatusCommand(program),
  export: async (program) => (await import('./commands/export.ts')).addExportCommand(program),
  import: async (program) => (await import('./commands/import.ts')).addImportCommand(program),
  mark: async (program) => (await import('./commands/mark.ts')).addMarkCommand(program),
  scenarios: async (program) => (await import('./commands/scenarios.ts')).addScenariosCommand(program),
  suite: async (program) => (await import('./commands/suite.ts')).addSuiteCommand(program),
  sim: async (program) => (await import('./commands/sim.ts')).addSimCommand(program),
  compare: async (program) => (await import('./commands/compare.ts')).addCompareCommand(program),
  resume: async (program) => (await import('./commands/resume.ts')).addResumeCommand(program),
  'run-part': async (program) => (await import('./commands/resume.ts')).addRunPartCommand(program),
  'judge-periods': async (program) => (await import('./commands/resume.ts')).addJudgeCommand(program),
  'load-part': async (program) => (await import('./commands/load-part.ts')).addLoadPartCommand(program),
  replay: async (program) => (await import('./commands/replay.ts')).addReplayCommand(program),
  shrink: async (program) => (await import('./commands/shrink.ts')).addShrinkCommand(program),
  lab: async (program) => (await import('./commands/lab.ts')).addLabCommand(program),
  'inside-lab': async (program) => (await import('./commands/inside-command.ts')).addInsideCommand(program),
  lin: async (program) => (await import('./commands/lin.ts')).addLinCommand(program),
  image: async (program) => (await import('./commands/image.ts')).addImageCommand(program),
  doctor: async (program) => (await import('./commands/doctor.ts')).addDoctorCommand(program),
};

const VERSION_OPTIONS = new Set(['-V', '--version']);

/**
 * The command line: `kept COMMAND`. Nothing heavy (clients, drawing, Arrow) is loaded before it is needed, so that a
 * check of a small run takes no longer than a glance.
 * Every way out of it is an exit status that --help documents.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('kept')
    .description('Did Kafka keep what it acknowledged?')
    .version(keptVersion())
    .showHelpAfterError('("kept --help" and "kept COMMAND --help" teach the rest)')
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({ writeOut: print, writeErr: say })
    .exitOverride()
    .addHelpText(
      'after',
      `
Start here:
  kept run                               a real cluster, killed, paused and partitioned for a minute
  kept run leader-isolated-acks-1        watch Kafka lose thousands of acknowledged records
  kept sim --seeds 1..200                search a simulated cluster for losses, without Java
  kept check store/example               decide a recorded run again, without Kafka
  kept doctor                            what this machine can do, and what is missing

Exit status:
  0  valid: everything that was claimed holds       64  wrong usage
  1  invalid: it does not                           70  a defect of kept
  2  inconclusive: nothing could be proven         130  interrupted before anything could be said`,
    );
  endWithoutOutput((failure) => say(`${explain(failure).text}\n`));
  // What was not awaited is a defect like any other: one sentence, and the history as far as it was flushed.
  process.on('uncaughtException', (error) => {
    const { text, exitStatus } = explain(error);
    say(`${text}\n`);
    void everythingPrinted().then(() => process.exit(exitStatus));
  });

  try {
    const name = argv[0] ?? '';
    const wanted = Object.hasOwn(COMMANDS, name) ? [COMMANDS[name]!] : Object.values(COMMANDS);
    for (const add of VERSION_OPTIONS.has(name) ? [] : wanted) await add(program);
    for (const command of program.commands)
      command.exitOverride().showHelpAfterError(`("kept ${command.name()} --help" teaches)`);
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    const { text, exitStatus } = explain(error);
    if (text !== '') say(`${text}\n`);
    process.exitCode = exitStatus;
  }
  await everythingPrinted();
  // Sockets to brokers that no longer exist may linger; nothing is left to be done for them.
  process.exit();
}
