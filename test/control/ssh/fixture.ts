import { writeSync } from 'node:fs';
import { enterLab, insideLab } from '../../../src/control/netns/enter.ts';
import { createLab } from '../../../src/control/netns/lab.ts';
import { CASES } from './cases.ts';
import { LAB_CASES } from './lab-cases.ts';
import { startSshds } from './sshd.ts';

/** Tells the facts of one case among real sshd's as one line of JSON. Usage: fixture.ts NAME */
const [name = ''] = process.argv.slice(2);
if (!insideLab()) process.exit(await enterLab(process.argv.slice(2)));
const one = [...CASES, ...LAB_CASES].find((each) => each.name === name)!;
await createLab(one.hosts.map((host) => ({ name: host })));
const told = await one.tell(await startSshds(one.hosts)).catch((error: unknown) => String(error));
writeSync(1, `\n${JSON.stringify(told)}\n`);
process.exit(0);
