import { keptVersion } from '../../core/version.ts';
import type { PreparedClient } from '../library.ts';
import { KAFKAJS_VERSION } from './kafkajs.ts';

/** kept's own driver. */
export const OWN_CLIENT: PreparedClient = {
  kind: 'kept',
  library: 'kept',
  version: keptVersion(),
  mode: 'audit',
  settings: {},
};

/** kafkajs as an application uses it. */
export const KAFKAJS_CLIENT: PreparedClient = {
  kind: 'kafkajs',
  library: 'kafkajs',
  version: KAFKAJS_VERSION,
  mode: 'application',
  settings: {},
};
