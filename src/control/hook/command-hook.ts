import type { Clock } from '../../core/clock.ts';
import { spawn } from '../../core/child-process.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import { seconds } from '../../core/words.ts';
import { NS_PER_MS } from '../../core/clock.ts';
import { within } from '../../core/within.ts';
import type { FaultHook, HookAnswer, HookOrder } from '../fault-hook.ts';
import { readAnswer } from './answer.ts';
import { startGuardian } from './guardian.ts';

/** What of a command's output is read. */
const OUTPUT_CHARACTERS_MAX = 64 * 1024;
/** After it was told to end, a command has so long before it is killed. */
const END_WITHIN_MS = 2_000;

/**
 * `COMMAND apply` and `COMMAND heal`, with the order on standard input. The command may hang, fail, or answer nonsense:
 * then the call is rejected, with what it said last on standard error.
 * @param options.command as a shell understands it.
 * @param options.withoutVariables names of environment variables that it does not get.
 */
export function commandHook(options: {
  command: string;
  timeoutMs: number;
  withoutVariables: readonly string[];
  clock: Clock;
}): FaultHook {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !options.withoutVariables.includes(name)),
  );
  const guardian = startGuardian({ ...options, environment });
  return {
    async apply(order) {
      // First, so that it is healed whatever happens from here on.
      guardian.remember(order);
      return call('apply', order, options, environment);
    },
    async heal(order) {
      const answer = await call('heal', order, options, environment);
      guardian.forget(order);
      return answer;
    },
    close: () => guardian.close(),
  };
}

async function call(
  verb: 'apply' | 'heal',
  order: HookOrder,
  { command, timeoutMs, clock }: { command: string; timeoutMs: number; clock: Clock },
  environment: NodeJS.ProcessEnv,
): Promise<HookAnswer> {
  // A group of its own: what the command starts ends with it, and Ctrl-C does not reach it in the middle of a heal.
  const child = spawn('/bin/sh', ['-c', `${command} ${verb}`], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: environment,
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => (output = (output + String(chunk)).slice(0, OUTPUT_CHARACTERS_MAX)));
  child.stderr.on('data', (chunk) => (errors = (errors + String(chunk)).slice(-OUTPUT_CHARACTERS_MAX)));
  // One that does not read its input closes it.
  child.stdin.on('error', () => undefined);
  child.stdin.end(`${JSON.stringify(order)}\n`);
  const ended = new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(messageOf(error)));
    child.once('close', (status, signal) => resolve(status ?? signal ?? 'no status'));
  });
  const status = await within(clock, timeoutMs, ended);
  if (status === null) {
    signalGroup(child.pid, 'SIGTERM');
    if ((await within(clock, END_WITHIN_MS, ended)) === null) signalGroup(child.pid, 'SIGKILL');
    throw new Failure(
      `the fault hook did not end "${verb}" within ${seconds(timeoutMs * NS_PER_MS)}, and was stopped`,
    );
  }
  const lastError = errors.trim().split('\n').at(-1) ?? '';
  if (status !== 0) {
    const how = typeof status === 'number' ? `failed with status ${status}` : `did not end well (${status})`;
    throw new Failure(`the fault hook ${how} at "${verb}"${lastError === '' ? '' : `: ${lastError}`}`);
  }
  return readAnswer(output, verb);
}

function signalGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has just ended.
  }
}
