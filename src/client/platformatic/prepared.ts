import type { PreparedClient } from '../library.ts';
import { platformaticVersion } from './platformatic.ts';

/** @platformatic/kafka as an application uses it. */
export function platformaticClient(): PreparedClient {
  return {
    kind: 'platformatic',
    library: '@platformatic/kafka',
    version: platformaticVersion(),
    mode: 'application',
    settings: {},
  };
}
