import { askAgainstFakeBroker } from './against-fake-broker.ts';
import { JAVA_VERSION, javaClients } from './libraries.ts';

/** It takes a Java, and Maven the first time. */
for (const library of await javaClients([JAVA_VERSION])) askAgainstFakeBroker(library);
