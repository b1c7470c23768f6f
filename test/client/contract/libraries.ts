import { resolve } from 'node:path';
import { KAFKAJS_CLIENT, OWN_CLIENT } from '../../../src/client/kafkajs/prepared.ts';
import { platformaticClient } from '../../../src/client/platformatic/prepared.ts';
import type { PreparedClient } from '../../../src/client/library.ts';

/** Every library that the contract is asked of. */
export const LIBRARIES: readonly PreparedClient[] = [
  OWN_CLIENT,
  KAFKAJS_CLIENT,
  platformaticClient(),
  {
    kind: 'command',
    library: 'kafkajs-program',
    version: '1.0.0',
    mode: 'application',
    command: [process.execPath, resolve('test/client/process/kafkajs-program.js')],
    settings: {},
  },
];
