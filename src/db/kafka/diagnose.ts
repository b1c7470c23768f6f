/**
 * Why a node did not come up, from its log: people should not have to know which of four hundred lines is the cause
 * and which are its consequences.
 */
export interface Diagnosis {
  /** The cause in words, with what to do about it; null when no known line is there. */
  cause: string | null;
  hint: string;
  /** The line that says so, or the last one that looks like an error; empty for an empty log. */
  line: string;
  /** The end of the log. */
  lastLines: string[];
}

interface Sign {
  pattern: RegExp;
  cause: string;
  hint: string;
  /** Whether it ends a node that has been up, too; most of them keep one from starting, and are harmless later. */
  endsRunning?: true;
}

/** As the system says it, in Java's exceptions. */
export const DISK_FULL = /No space left on device|Disk quota exceeded/;

/** The first that matches counts: from the most telling to the most general. */
const SIGNS: readonly Sign[] = [
  {
    pattern: /UnsupportedClassVersionError/,
    cause: 'its jars are made for a newer Java',
    hint: 'install a newer Java (Kafka 4 needs 17), or point JAVA_HOME at one',
  },
  {
    pattern: /Unrecognized VM option|Could not create the Java Virtual Machine/,
    cause: 'this Java refuses its flags',
    hint: 'use an OpenJDK 8 or newer through JAVA_HOME',
  },
  {
    pattern: /Cannot assign requested address|Can't assign requested address/,
    cause: "the node's address does not exist there",
    hint: 'the address must belong to an interface of the node',
  },
  {
    pattern: /Address already in use|BindException/,
    cause: 'its port is in use',
    hint: 'stop what listens there; ports 9092, 9093 and 2181 must be free on each node',
  },
  {
    pattern: DISK_FULL,
    cause: 'its disk is full',
    hint: 'free some space and start again',
    endsRunning: true,
  },
  {
    // Kafka's indexes are mapped into memory, with holes: where no room is left for a page, the kernel answers with SIGBUS.
    pattern: /a fault occurred in .*unsafe memory access operation/,
    cause: 'its disk is full or broken',
    hint: 'look at the disk: whether there is room, and whether it is sound',
    endsRunning: true,
  },
  {
    pattern: /Cannot allocate memory|insufficient memory|Could not reserve enough space|OutOfMemoryError/,
    cause: 'there is not enough memory',
    hint: 'each broker takes about 200 MB: use fewer brokers, or free some memory',
    endsRunning: true,
  },
  {
    pattern: /UnresolvedAddressException/,
    cause: 'its ZooKeeper client is too old for this Java',
    hint: 'use Java 8 or 11 through JAVA_HOME, or let Maven fetch the version: --kafka VERSION',
  },
  {
    pattern: /getSubject is (not )?supported|Security Manager is (not|no longer) /i,
    cause: 'this Kafka is too old for this Java',
    hint: 'use Java 17 through JAVA_HOME, or a newer Kafka',
  },
  {
    pattern: /InconsistentClusterIdException|Invalid cluster\.id/,
    cause: 'its data belong to another cluster',
    hint: 'each run needs data directories of its own',
  },
  {
    pattern: /Failed to acquire lock on file/,
    cause: 'another broker uses its data directory',
    hint: 'each node needs a data directory of its own',
  },
  {
    pattern: /Permission denied|AccessDeniedException/,
    cause: 'it may not use its files',
    hint: 'check who owns them',
  },
  {
    pattern:
      /ZooKeeperClientTimeoutException|ZooKeeperTimeoutException|Timed out waiting for connection while in state/,
    cause: 'it found no ZooKeeper',
    hint: 'see whether the zookeeper node is up, and what its log says',
  },
  {
    pattern: /ConfigException|requirement failed|IllegalArgumentException/,
    cause: 'it refuses its configuration',
    hint: 'look at its server.properties; with broker settings of your own, at those first',
  },
  {
    pattern: /Could not find or load main class|ClassNotFoundException|NoClassDefFoundError/,
    cause: 'classes are missing from its jars',
    hint: 'the distribution is incomplete or of an unknown make; let Maven fetch a proven one: --kafka 4.4.0',
  },
];

/** @param log the end of the node's log, some hundred lines of it. */
export function diagnose(log: string): Diagnosis {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const lastLines = lines.slice(-LAST_LINES);
  for (const { pattern, cause, hint } of SIGNS) {
    const line = lines.find((candidate) => pattern.test(candidate));
    if (line !== undefined) return { cause, hint, line: line.trim(), lastLines };
  }
  const suspect = lines.findLast((line) => /FATAL|ERROR|Exception|Error:/.test(line)) ?? lines.at(-1) ?? '';
  return { cause: null, hint: 'its whole log is in the run directory', line: suspect.trim(), lastLines };
}

const LAST_LINES = 12;

/**
 * Why a node that was up has ended by itself: `its disk is full (java.io.IOException: No space left on device)`; null when its
 * log does not give it away.
 * @param log what it has written since its start, or the end of that.
 */
export function causeOfEnd(log: string): string | null {
  const lines = log.split('\n');
  for (const { pattern, cause, endsRunning } of SIGNS) {
    const line = endsRunning ? lines.find((candidate) => pattern.test(candidate)) : undefined;
    if (line !== undefined) return `${cause} (${line.trim()})`;
  }
  return null;
}
