import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { within } from '../../core/within.ts';
import type { Remote } from '../../control/remote.ts';
import type { NodeEvent } from '../../history/event.ts';
import type { NodeInfo } from '../../history/run.ts';
import { accepts, listens, readLog, sizeOf, startFailure } from './answers.ts';
import { causeOfEnd } from './diagnose.ts';
import { CONTROLLER_PORT, ZOOKEEPER_PORT } from './config.ts';
import type { Disk } from './disk.ts';
import type { NodeFiles } from './files.ts';
import { nodeProcess, type NodeProcess } from './process.ts';
import { hasTornRemains, removeRemains, tornRemainsWords } from './torn-remains.ts';

/** A node of the cluster: its process, and what has become of it, told as events. */
export interface KafkaNode {
  readonly info: NodeInfo;
  readonly isBroker: boolean;
  /** How its process ended by itself since its last start, with the cause as far as its log tells; null when it did not. */
  ended(): Promise<string | null>;
  /** Starts the process, without waiting for an answer. */
  launch(): Promise<void>;
  /**
   * Waits until it answers.
   * @param answers one attempt; must not take long.
   * @throws Failure with the end of its log, when it ends or stays mute.
   */
  untilUp(answers: () => Promise<boolean>): Promise<void>;
  /** Starts it again after a kill or a stop, and waits until it answers. */
  restart(answers: () => Promise<boolean>): Promise<string>;
  kill(): Promise<string>;
  stop(): Promise<string>;
  pause(): Promise<string>;
  resume(): Promise<string>;
  /** Brings it back whatever was done to it; null when it runs already. */
  recover(answers: () => Promise<boolean>): Promise<string | null>;
  /** Takes its power away: the process is gone, and what had not reached its disk. */
  cutPower(disk: Disk): Promise<string>;
  /** Kills it if it runs. */
  discard(): Promise<void>;
}

export interface NodeOptions {
  info: NodeInfo;
  remote: Remote;
  files: NodeFiles;
  directory: string;
  clock: Clock;
  onEvent: (event: NodeEvent) => void;
  startTimeoutMs: number;
  /** Aborted when the whole cluster is torn down. */
  signal: AbortSignal;
}

const POLL_MS = 50;
/** A log on another host may be out of reach. */
const EXPLAIN_WITHIN_MS = 2_000;

export function kafkaNode(options: NodeOptions): KafkaNode {
  const { info, clock, files, signal } = options;
  const log = { files: options.remote.files, file: files.logFile };
  /** How it ended, when that was not asked for, and since its last start. */
  let crash: string | null = null;
  /** The same with the cause, once its log was looked at. */
  let explained: Promise<string | null> = Promise.resolve(null);
  let logFrom = 0;
  /** Its disk while that is shut down: nothing can be started on it before it is mounted again. */
  let unpowered: Disk | null = null;

  const tell = (state: NodeEvent['state'], detail?: string, timeNs = clock.nowNs()) =>
    options.onEvent({
      type: 'node',
      timeNs,
      node: info.name,
      state,
      ...(detail ? { detail } : {}),
    });

  const process: NodeProcess = nodeProcess({
    info,
    remote: options.remote,
    command: files.command,
    logFile: files.logFile,
    workingDirectory: options.directory,
    clock,
    onUnexpectedExit: (how) => {
      crash = how;
      explained = explain(how, clock.nowNs());
    },
  });

  /** What its log gives away about its end is told with it. Never rejects. */
  async function explain(how: string, endedNs: number): Promise<string> {
    const told = await within(clock, EXPLAIN_WITHIN_MS, readLog(log, logFrom)).catch(() => null);
    const cause = causeOfEnd(told ?? '');
    const text = cause === null ? how : `${how}: ${cause}`;
    tell('down', text, endedNs);
    return text;
  }

  async function launch(): Promise<void> {
    await explained;
    crash = null;
    explained = Promise.resolve(null);
    logFrom = await sizeOf(log);
    tell('starting');
    await process.launch();
    // The cluster went away while this one was on its way.
    if (signal.aborted) await process.kill();
  }

  async function untilUp(answers: () => Promise<boolean>): Promise<void> {
    const deadlineNs = clock.nowNs() + options.startTimeoutMs * 1e6;
    while (!(await answers())) {
      if (signal.aborted) throw new Failure(`The cluster was torn down while ${info.name} was starting`);
      if (crash !== null && !(await relaunched())) {
        throw await startFailure(info.name, crash, { ...log, from: logFrom, ended: true });
      }
      if (clock.nowNs() > deadlineNs) {
        const how = `does not answer ${options.startTimeoutMs / 1000} s after its start`;
        throw await startFailure(info.name, how, { ...log, from: logFrom, ended: false });
      }
      await clock.sleep(POLL_MS, signal);
    }
    tell('up');
  }

  /**
   * Kafka before 2.2 gives up when ZooKeeper still holds the session of its killed predecessor (KAFKA-7165). It then
   * has to be started again until that session has run out, as every supervisor would. And one that lost power may stumble
   * over what is left of a deleted topic (`torn-remains.ts`).
   */
  async function relaunched(): Promise<boolean> {
    const told = await readLog(log, logFrom);
    if (hasTornRemains(told)) {
      const removed = await removeRemains(options.remote, files.dataDirectory);
      if (removed.length === 0) return false;
      tell('down', tornRemainsWords(removed));
    } else if (!/NodeExists/.test(told)) return false;
    await clock.sleep(500, signal);
    if (!signal.aborted) await launch();
    return true;
  }

  async function restart(answers: () => Promise<boolean>): Promise<string> {
    if (unpowered !== null) {
      await unpowered.remount();
      unpowered = null;
    }
    await launch();
    await untilUp(answers);
    const { address, outside } = info;
    return `pid ${process.pid} answers on ${outside === undefined ? address : `${outside.host}:${outside.port}`}`;
  }

  async function resume(): Promise<string> {
    const evidence = await process.resume();
    tell('up', 'resumed');
    return evidence;
  }

  return {
    info,
    isBroker: info.roles.includes('broker'),
    ended: () => explained,
    launch,
    untilUp,
    restart,
    async recover(answers) {
      if (unpowered !== null && process.pid !== null) await process.kill();
      if (process.pid === null) return restart(answers);
      if (!(await process.isPaused())) return null;
      return resume();
    },
    async kill() {
      const evidence = await process.kill();
      tell('down', 'killed');
      return evidence;
    },
    async stop() {
      const evidence = await process.stop();
      tell('down', 'stopped');
      return evidence;
    },
    async pause() {
      const evidence = await process.pause();
      tell('paused');
      return evidence;
    },
    resume,
    async cutPower(disk) {
      // Paused first, so that nothing is acknowledged between the last moment of the disk and that of the process.
      await process.pause();
      const before = await disk.recordBytes();
      unpowered = disk;
      await disk.shutDown();
      const evidence = await process.kill();
      tell('down', 'lost power');
      await disk.remount();
      unpowered = null;
      const gone = before - (await disk.recordBytes());
      return `${info.name}: ${evidence}, and of ${before} bytes of records ${gone} were not on its disk`;
    },
    async discard() {
      if (process.pid !== null) await process.kill();
    },
  };
}

/**
 * Whether a node that is no broker takes connections.
 * @param inside to ask the node's own kernel, where its address is not reached from here.
 */
export function coordinationAnswers(info: NodeInfo, inside: Pick<Remote, 'exec'> | null): Promise<boolean> {
  const port = info.roles.includes('zookeeper') ? ZOOKEEPER_PORT : CONTROLLER_PORT;
  return inside === null ? accepts(info.address, port, 1000) : listens(inside, port);
}
