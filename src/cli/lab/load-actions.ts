import { EXIT, Failure } from '../../core/failure.ts';
import { NS_PER_SECOND } from '../../core/clock.ts';
import { counted, grouped } from '../../core/words.ts';
import { consume } from '../../hand/consume.ts';
import { produce, type Counts } from '../../hand/produce.ts';
import type { Session } from '../../hand/session.ts';
import { exitStatusOf } from '../../run/decide.ts';
import { safeLine } from '../terminal/safe-text.ts';
import { verdictText } from '../verdict.ts';
import type { LabActions } from './actions.ts';
import { nodeMeant } from './cluster-actions.ts';
import type { LabIo } from './io.ts';

type LoadActions = Pick<LabActions, 'produce' | 'consume' | 'logs' | 'check' | 'reset'>;

/** Between two looks at a log that is followed. */
const LOG_POLL_MS = 300;

/** Producers, consumers, logs, and what came of it all. */
export function loadActions(session: Session, io: LabIo): LoadActions {
  const { world } = session;
  const tell = (line: string) => io.line(line.trimEnd());

  return {
    async produce(topic = session.topic, options) {
      const { acks, slow } = options;
      const wish = {
        topic,
        acks,
        count: options.count ?? null,
        ...(slow === true
          ? { ratePerSecond: 1, workers: 1, inFlight: 1 }
          : {
              ratePerSecond: options.rate === 'max' ? null : options.rate,
              workers: options.workers,
              inFlight: options.inFlight,
            }),
      };
      const counts = await produce(session, wish, {
        tell,
        onCounts: (now) => io.live(`acks=${acks}  ${countsText(now)}`),
        stop: io.stop,
      });
      io.out(`acks=${acks}  ${countsText(counts)}\n`);
      if (topic === session.topic) tell(`Recorded in ${session.history.directory}.`);
      return EXIT.valid;
    },

    async consume(topic = session.topic, { values }) {
      let records = 0;
      let lastNs = -NS_PER_SECOND;
      await consume(session, topic, {
        tell,
        stop: io.stop,
        onRecords: (fetched) => {
          records += fetched.length;
          if (values === true) {
            for (const { partition, offset, value } of fetched)
              io.out(
                `${topic}-${partition} ${offset} ${value === null ? '(null)' : safeLine(Buffer.from(value).toString())}\n`,
              );
            return;
          }
          const last = fetched.at(-1);
          if (last === undefined || world.clock.nowNs() - lastNs < NS_PER_SECOND / 4) return;
          lastNs = world.clock.nowNs();
          io.live(`${counted(records, 'record')}, the last one at ${topic}-${last.partition} ${last.offset}`);
        },
      });
      io.line(`${counted(records, 'record')} read from ${topic}.`);
      return EXIT.valid;
    },

    async logs(word, { grep, follow }) {
      const node = await nodeMeant(session, word);
      const log = world.db.log?.(node);
      if (log === undefined) throw new Failure('The logs of this lab cannot be read.');
      const wanted = grep?.toLowerCase();
      for (;;) {
        const lines = await log.next();
        for (const line of lines)
          if (wanted === undefined || line.toLowerCase().includes(wanted)) io.out(`${safeLine(line)}\n`);
        if (io.stop.aborted) return EXIT.valid;
        if (lines.length > 0) continue;
        if (follow !== true) return EXIT.valid;
        await world.clock.sleep(LOG_POLL_MS, io.stop);
      }
    },

    async check() {
      const judged = await session.check(tell);
      if (judged === null) {
        throw new Failure('Nothing was written to the recorded topic since the last check or reset.', {
          hint: `"produce ${session.topic} --acks 1" writes to it.`,
        });
      }
      const { decided, directory } = judged;
      io.out(verdictText(decided, { directory, colour: io.terminal.colour, columns: io.terminal.columns }));
      return exitStatusOf(decided.result);
    },

    async reset({ minIsr, unclean }) {
      const replicas = session.history.scenario.topic.replicationFactor;
      if (minIsr !== undefined && minIsr > replicas)
        throw new Failure(
          `min.insync.replicas of ${minIsr} is more than the ${replicas} replicas there are.`,
          {
            hint: `Use --min-isr ${replicas} or less.`,
            exitStatus: EXIT.usage,
          },
        );
      const { directory } = session.history;
      await session.reset(tell, {
        ...(minIsr !== undefined && { minInsyncReplicas: minIsr }),
        ...(unclean === true && { uncleanLeaderElection: true }),
      });
      if (directory !== null) tell(`The history before it is in ${directory}.`);
      tell(`All nodes run; the topic ${session.topic} is fresh, and a new history begins.`);
      return EXIT.valid;
    },
  };
}

/** `sent 1,000, acknowledged 990, failed 3, unknown 7`. */
export function countsText({ sent, acknowledged, unanswered, failed, unknown }: Counts): string {
  const waiting = sent - acknowledged - unanswered - failed - unknown;
  return [
    `sent ${grouped(sent)}`,
    unanswered > 0 ? `no answer asked for ${grouped(unanswered)}` : `acknowledged ${grouped(acknowledged)}`,
    `failed ${grouped(failed)}`,
    `unknown ${grouped(unknown)}`,
    ...(waiting > 0 ? [`waiting ${grouped(waiting)}`] : []),
  ].join(', ');
}
