import { fork, type ChildProcess } from '../core/child-process.ts';
import { Failure, messageOf } from '../core/failure.ts';
import type { Plan } from '../run/plan.ts';
import { launch } from '../run/launch.ts';
import { terminalReporter } from './terminal-reporter.ts';

/** Runs that go on at once: each is a process of its own, which gets its plan as a message. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** More than that a process that fails has not to say. */
const SAID_MAX = 10_000;

/**
 * Carries a plan out in a process of its own. Signals are passed on to it once each: it has a session of its own, so that a
 * terminal's Ctrl-C reaches only this process.
 * @returns its exit status.
 * @throws Failure where it died.
 */
export function launchApart(plan: Plan): Promise<number> {
  return new Promise((resolve, reject) => {
    let child: ChildProcess;
    try {
      child = fork(process.argv[1]!, ['run-part'], {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        detached: true,
      });
    } catch (error) {
      reject(new Failure(`no process could be started for the run: ${messageOf(error)}`));
      return;
    }
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-SAID_MAX);
    });
    const forward = () => child.kill('SIGINT');
    for (const name of SIGNALS) process.on(name, forward);
    const end = () => {
      for (const name of SIGNALS) process.off(name, forward);
    };
    child.on('error', (error) => {
      end();
      reject(new Failure(`the process of the run failed: ${messageOf(error)}`));
    });
    // "close" comes after its last word.
    child.on('close', (status, signal) => {
      end();
      const complaint = /^kept: (.*)$/m.exec(said)?.[1];
      if (status === null) {
        reject(
          new Failure(`the process of the run was killed (${signal})`, {
            hint: `what was recorded is safe: kept check ${plan.directory}`,
          }),
        );
      } else if (complaint !== undefined && status !== 1) {
        reject(new Failure(complaint.replace(/\.$/, ''), { exitStatus: status }));
      } else resolve(status);
    });
    child.send(plan, (error) => {
      if (error !== null) child.kill('SIGKILL');
    });
  });
}

/** The other side. When the process that asked is gone, this one goes too, and its lab with it. */
export async function answerPlan(): Promise<number> {
  process.on('disconnect', () => process.exit());
  const plan = await new Promise<Plan>((resolve) =>
    process.once('message', (message) => resolve(message as Plan)),
  );
  const silent = {
    ...terminalReporter,
    follow: () => ({ progress() {}, event() {}, line() {}, end() {} }),
    reading: (run: Parameters<typeof terminalReporter.reading>[0]) => ({ run, end() {} }),
    close: async () => {},
  };
  return launch(plan, silent);
}
