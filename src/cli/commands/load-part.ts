import type { Command } from 'commander';
import { EXIT, Failure } from '../../core/failure.ts';

/** The hidden command of a process that writes for a run (`--processes`). */
export function addLoadPartCommand(program: Command): void {
  program.command('load-part', { hidden: true }).action(async () => {
    if (process.send === undefined) {
      throw new Failure('"load-part" is what kept calls a process that writes for a run.', {
        hint: 'Use "kept run --processes N".',
        exitStatus: EXIT.usage,
      });
    }
    const { loadAsPart } = await import('../../run/load-processes/loader.ts');
    const { CLAIMS_DESCRIPTOR, ipcChannel } = await import('../../run/load-processes/ipc-channel.ts');
    const { claimOn } = await import('../../run/load-processes/claims.ts');
    await loadAsPart(ipcChannel(), claimOn(CLAIMS_DESCRIPTOR));
  });
}
