import { readFile } from 'node:fs/promises';
import { Failure, messageOf } from '../../core/failure.ts';

/** What a host is given: the program of a load process with everything that it needs, in one file. */
const ENTRY = `
import { loadOnHost } from './on-host.ts';
void loadOnHost(process.argv[2]);
`;
/** A library that is not loaded by "import" is found at run time, and there is none to be found on a host. */
const REQUIRES = 'createRequire(import.meta.url)';
const PACKAGE = /'((?:@[\w-]+\/)?kafkajs[\w./-]*)'/g;

/** It reads files of its own at run time; a scenario that would need it on a host is refused (scenario/fits.ts). */
const STAYS_HERE = ['@platformatic/kafka'];

let bundled: Promise<string> | null = null;

/** The program as JavaScript for Node >= 20.19. Made once in a process, in a fraction of a second. */
export function bundleLoader(): Promise<string> {
  return (bundled ??= bundle());
}

async function bundle(): Promise<string> {
  try {
    // Loaded only here: it starts a process of its own.
    const { build } = await import('esbuild');
    const { outputFiles } = await build({
      stdin: { contents: ENTRY, resolveDir: import.meta.dirname, loader: 'ts' },
      bundle: true,
      write: false,
      platform: 'node',
      format: 'cjs',
      target: 'node20.19',
      external: STAYS_HERE,
      logLevel: 'silent',
      plugins: [
        {
          name: 'libraries that are loaded at run time',
          setup: (esbuild) =>
            esbuild.onLoad({ filter: /[/\\]src[/\\]client[/\\].*\.ts$/ }, async ({ path }) => ({
              contents: withRequired(await readFile(path, 'utf8')),
              loader: 'ts',
            })),
        },
      ],
    });
    return outputFiles[0]!.text;
  } catch (error) {
    throw new Failure(
      `The program for the hosts of the load could not be put together: ${messageOf(error)}.`,
      {
        hint: 'Is this installation complete? "npm ci" in its directory installs the rest.',
      },
    );
  }
}

/** With what it loads by name as requires that the bundler sees. */
export function withRequired(source: string): string {
  if (!source.includes(REQUIRES)) return source;
  const names = [...new Set([...source.matchAll(PACKAGE)].map(([, name]) => name!))];
  const table = names.map((name) => `'${name}': () => require('${name}')`).join(', ');
  return source.replace(REQUIRES, `((name) => ({ ${table} })[name]())`);
}
