import test from 'ava';
import { loadPlatformatic } from '../../../src/client/platformatic/platformatic.ts';
import { askAgainstFakeBroker } from './against-fake-broker.ts';
import { LIBRARIES, MISSING } from './libraries.ts';

// While it is loaded nothing else happens in this process, which others would take for a broker that does not answer.
test.before(async () => void (await loadPlatformatic()));

for (const library of LIBRARIES) askAgainstFakeBroker(library);

for (const reason of MISSING) test.skip(reason, () => undefined);
