import type { Command } from 'commander';
import { scenarioJsonSchema } from '../../scenario/json-schema.ts';
import { CATALOG } from '../../scenario/catalog/catalog.ts';
import { print, printJson } from '../terminal/print.ts';

export function addScenariosCommand(program: Command): void {
  program
    .command('scenarios')
    .description('list the scenarios that can be run by name')
    .option('--schema', 'print the JSON Schema of a scenario, for editors and other tools')
    .option('--json', 'print them whole, as JSON: a start for scenarios of your own')
    .addHelpText(
      'after',
      `
A scenario of your own is a JSON file of the same shape; whatever it leaves out has a default. Run it with
"kept run FILE.json".`,
    )
    .action((options: { json?: true; schema?: true }) => {
      if (options.schema === true) {
        printJson(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
        return;
      }
      if (options.json === true) {
        printJson(
          `${JSON.stringify(
            CATALOG.map((entry) => entry.scenario),
            null,
            2,
          )}\n`,
        );
        return;
      }
      for (const { scenario, aliases } of CATALOG) {
        const also = aliases.length > 0 ? ` (${aliases.join(', ')})` : '';
        print(`${scenario.name}${also}\n  ${scenario.title}. ${scenario.description}\n`);
      }
    });
}
