import { spawnSync } from 'node:child_process';

/**
 * All measurements, one after the other; each prints its own ratios. A name picks one:
 *
 *     npm run bench
 *     npm run bench simulation
 */
const BENCHES: Record<string, { file: string; needs?: string }> = {
  recording: { file: 'bench/recording.ts' },
  load: { file: 'bench/load.ts', needs: 'java' },
  checking: { file: 'bench/checking.ts' },
  simulation: { file: 'bench/simulation.ts' },
  containers: { file: 'bench/containers.ts' },
  porcupine: { file: 'bench/porcupine/run.ts', needs: 'go' },
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  process.stderr.write(`There is no bench "${unknown[0]}". Known: ${Object.keys(BENCHES).join(', ')}.\n`);
  process.exit(64);
}
let failed = false;
for (const [name, { file, needs }] of Object.entries(BENCHES)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  process.stdout.write(`\n== ${name}\n`);
  if (needs !== undefined && spawnSync(needs, ['version']).error !== undefined) {
    process.stdout.write(`left out: it needs ${needs}, which is not installed\n`);
    continue;
  }
  const { status } = spawnSync(process.execPath, ['--import=tsx', file], { stdio: 'inherit' });
  failed ||= status !== 0;
}
process.exitCode = failed ? 1 : 0;
