import { parseArgs, type ParseArgsConfig } from 'node:util';

/** What a person is told about a script of the tests, and the options that it takes. */
export interface Script<Options extends Record<string, string | undefined>> {
  /** As after "npm run ". */
  name: string;
  /** What --help prints below the first line: a line for each option. */
  usage: string;
  /** Each takes a value; undefined where it has no default. */
  defaults: Options;
  /** Options whose values are whole numbers. */
  wholeNumbers?: readonly (keyof Options & string)[];
  allowPositionals?: boolean;
}

const EXIT_USAGE = 64;

/**
 * The options of a script in test/. With --help it prints the usage and ends with 0; with what the script does not know it
 * ends with 64, in one sentence.
 */
export function scriptOptions<Options extends Record<string, string | undefined>>(
  script: Script<Options>,
  argv: readonly string[] = process.argv.slice(2),
): { values: Options; positionals: string[] } {
  const options: ParseArgsConfig['options'] = { help: { type: 'boolean', short: 'h' } };
  for (const [name, value] of Object.entries(script.defaults))
    options[name] = { type: 'string', ...(value !== undefined && { default: value }) };
  const refuse = (what: string): never => {
    process.stderr.write(`${what} "npm run ${script.name} -- --help" lists the options.\n`);
    process.exit(EXIT_USAGE);
  };
  try {
    const allowPositionals = script.allowPositionals === true;
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals });
    if (values['help'] === true) {
      process.stdout.write(`npm run ${script.name} -- [options]\n\n${script.usage.trim()}\n`);
      process.exit(0);
    }
    for (const name of script.wholeNumbers ?? []) {
      const value = values[name];
      if (value !== undefined && !/^\d+$/.test(String(value)))
        refuse(`--${name} takes a whole number, not "${String(value)}".`);
    }
    return { values: values as Options, positionals };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Node's own sentence; those after it explain how to begin a value with "-".
    return refuse(`${error.message.split('. ')[0]!.replace(/\.$/, '')}.`);
  }
}
