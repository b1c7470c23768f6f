import { join } from 'node:path';
import { spawn } from '../../core/child-process.ts';
import { realClock } from '../../core/clock.ts';
import { messageOf } from '../../core/failure.ts';
import type { PeriodLine } from '../../report/soak/period-line.ts';
import { ledgerEnd, ledgerLines } from './ledger.ts';

const LOOK_MS = 500;

/**
 * Runs a user's command for each period that turns out not to be valid. It is run outside of the lab, whose network leads
 * nowhere, so the ledger is followed: a line of it is what such a period is known by.
 * @returns ends it, when the commands that were begun have ended.
 */
export function followFindings(
  directory: string,
  command: string | null,
  say: (text: string) => void,
): () => Promise<void> {
  if (command === null) return async () => {};
  const clock = realClock();
  const ending = new AbortController();
  const running = new Set<Promise<void>>();
  let end = ledgerEnd(directory);
  const look = () => {
    const now = ledgerEnd(directory);
    if (now === end) return;
    const fromByte = end;
    end = now;
    for (const line of ledgerLines(directory, { fromByte })) {
      if (line.judged?.result.verdict === 'valid' && line.stuck === null) continue;
      const done = tell(command, directory, line, say).finally(() => running.delete(done));
      running.add(done);
    }
  };
  const looking = (async () => {
    while (!ending.signal.aborted) {
      await clock.sleep(LOOK_MS, ending.signal);
      look();
    }
  })();
  return async () => {
    ending.abort();
    await looking;
    await Promise.all(running);
  };
}

/** Its standard input is the period's line, as JSON; what it needs most stands in variables, too. */
function tell(
  command: string,
  directory: string,
  line: PeriodLine,
  say: (text: string) => void,
): Promise<void> {
  const { period, judged, directory: place } = line;
  return new Promise((resolve) => {
    const complain = (why: string) => {
      say(`kept: the command of --on-finding ${why} (period ${period}).\n`);
      resolve();
    };
    const child = spawn('/bin/sh', ['-c', command], {
      stdio: ['pipe', 'inherit', 'inherit'],
      env: {
        ...process.env,
        KEPT_SOAK: directory,
        KEPT_PERIOD: String(period),
        KEPT_VERDICT: judged?.result.verdict ?? 'inconclusive',
        KEPT_REASON: judged?.result.reasons[0] ?? line.failure ?? '',
        KEPT_HISTORY: place === null ? '' : join(directory, place),
      },
    });
    child.on('error', (error) => complain(`could not be started: ${messageOf(error)}`));
    child.on('close', (status) => (status === 0 ? resolve() : complain(`ended with ${status}`)));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(`${JSON.stringify(line)}\n`);
  });
}
