/**
 * Starts one program of Node after the other and says of each, as soon as it has ended, what the last line of its output was:
 * `in-turn.ts JSON`, a list of programs with their words. So that several share one cluster, or one Docker daemon and its images.
 */
import { writeSync } from 'node:fs';
import { execa } from 'execa';
import { AS_COMPILED } from './as-compiled.ts';

for (const words of JSON.parse(process.argv[2]!) as string[][]) {
  const { stdout, stderr, exitCode } = await execa(process.execPath, [AS_COMPILED, ...words], {
    reject: false,
    stdin: 'ignore',
  });
  writeSync(1, `${JSON.stringify({ last: stdout.split('\n').at(-1), stderr, exitCode })}\n`);
}
