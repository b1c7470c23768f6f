import { Failure } from '../../core/failure.ts';
import { orderOf } from './recipes.ts';

/**
 * One log format for all versions, so that one reader understands them: to standard output, which the node's log
 * file catches together with what the JVM itself has to say, stamped in UTC with milliseconds.
 */
export type LoggingBackend = 'log4j1' | 'log4j2';

/** log4j 1.2 and its drop-in heir reload4j read one kind of configuration, log4j2 another; null: there is neither. */
export function loggingBackend(jars: readonly string[]): LoggingBackend | null {
  if (jars.some((jar) => /^log4j-slf4j2?-impl-/.test(jar))) return 'log4j2';
  if (jars.some((jar) => /^slf4j-(log4j12|reload4j)-/.test(jar))) return 'log4j1';
  return null;
}

/** @throws Failure when there is none: a mute broker cannot be watched, and does not tell why it failed. */
export function assertLogging(jars: readonly string[], directory: string): LoggingBackend {
  const backend = loggingBackend(jars);
  if (backend !== null) return backend;
  throw new Failure(`The Kafka in ${directory} has no logging backend, so its brokers would be mute`, {
    hint: 'add the slf4j binding that fits its slf4j-api, or let Maven fetch the version: --kafka VERSION',
  });
}

/** The configuration's file name: log4j2 tells the format by the suffix. */
export const LOGGING_FILE = 'logging.properties';

const PATTERN = "[%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z'}] %p %m (%c)%n";

/** Standard output, one pattern; only what a version would keep to itself, or drown everything with, is set apart. */
export function loggingConfiguration(backend: LoggingBackend, kafkaVersion: string): string {
  const levels = { ...QUIET, ...(orderOf(kafkaVersion) < 3_00_00 ? ELECTIONS_IN_FULL : {}) };
  return backend === 'log4j1' ? log4j1(levels) : log4j2(levels);
}

/** The system properties that make the backend find `file` and count in UTC. */
export function loggingFlags(backend: LoggingBackend, file: string): string[] {
  const flag =
    backend === 'log4j1' ? `-Dlog4j.configuration=file:${file}` : `-Dlog4j2.configurationFile=${file}`;
  return [flag, '-Duser.timezone=UTC'];
}

/** Request and authorizer logs are per request: they would drown the rest, and the disk. */
const QUIET = {
  'kafka.request.logger': 'WARN',
  'kafka.network.RequestChannel$': 'WARN',
  'kafka.authorizer.logger': 'WARN',
};
/** Before 3.0 brokers tell only at this level with which ISR a leader starts; it is their own default, too. */
const ELECTIONS_IN_FULL = { 'state.change.logger': 'TRACE' };

function log4j1(levels: Readonly<Record<string, string>>): string {
  return [
    'log4j.rootLogger=INFO, out',
    'log4j.appender.out=org.apache.log4j.ConsoleAppender',
    'log4j.appender.out.layout=org.apache.log4j.PatternLayout',
    `log4j.appender.out.layout.ConversionPattern=${PATTERN}`,
    ...Object.entries(levels).map(([logger, level]) => `log4j.logger.${logger}=${level}`),
    '',
  ].join('\n');
}

function log4j2(levels: Readonly<Record<string, string>>): string {
  return [
    'status=error',
    'appender.out.type=Console',
    'appender.out.name=out',
    'appender.out.layout.type=PatternLayout',
    `appender.out.layout.pattern=${PATTERN}`,
    'rootLogger.level=INFO',
    'rootLogger.appenderRef.out.ref=out',
    ...Object.entries(levels).flatMap(([logger, level], index) => [
      `logger.set${index}.name=${logger}`,
      `logger.set${index}.level=${level}`,
    ]),
    '',
  ].join('\n');
}
