import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { enterLab, insideLab } from '../../../src/control/netns/enter.ts';
import { createLab } from '../../../src/control/netns/lab.ts';
import { startSshds } from './sshd.ts';

/** Runs a command among hosts with real sshd's, which its HOME knows by their names. Usage: with-sshds.ts a,b,c COMMAND … */
const [names = '', command = '', ...args] = process.argv.slice(2);
if (!insideLab()) process.exit(await enterLab(process.argv.slice(2), { anyStatus: true }));
const hosts = names.split(',');
const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
await createLab(hosts.map((name) => ({ name })));
const { home } = await startSshds(hosts);
const child = spawn(command, args, {
  stdio: 'inherit',
  env: { ...process.env, HOME: home, XDG_CACHE_HOME: cache },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
const [status] = (await once(child, 'close')) as [number | null];
process.exit(status ?? 1);
