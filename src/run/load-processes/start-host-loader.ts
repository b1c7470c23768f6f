import { join } from 'node:path/posix';
import { NS_PER_MS, startOf, type Clock } from '../../core/clock.ts';
import { clockIdentity, SYSTEM_START_FILE, systemStartOf } from '../../core/clock-identity.ts';
import { Failure } from '../../core/failure.ts';
import { freshId } from '../../core/random.ts';
import { seconds } from '../../core/words.ts';
import { within } from '../../core/within.ts';
import type { LoadHost } from '../../world/world.ts';
import { bundleLoader } from './bundle.ts';
import { ClockWatch } from './clock-watch.ts';
import { CLAIMS_FILE, OUTPUT_FILE, PROGRAM_FILE } from './host-files.ts';
import { assertBetween, failureOf, silentFor, type Loader } from './load-process.ts';
import { Mailbox } from './mailbox.ts';
import { opened as openEndpoint, type FromLoader } from './protocol.ts';

const CLOSE_WITHIN_MS = 6_000;
const LOOK_MS = 200;
/** Once the load is to end, a host that is out of reach is waited for so long; before, while its rows may still come. */
const UNREACHABLE_MAX_MS = { ending: 60_000, loading: 600_000 } as const;
const FETCH_WITHIN_MS = 15_000;
const CLAIM_BYTES = 8;

/**
 * A process on another host that writes. What it tells while the host is out of reach lies there, and is fetched later.
 * @param options.index its number among all processes that write.
 * @param options.openWithinMs before it writes: so long it may take to begin, and its host may be out of reach.
 * @throws Failure where the host cannot be used.
 */
export async function startHostLoader(
  { name, remote, directory: parent, node, endpoint }: LoadHost,
  { index, clock, openWithinMs }: { index: number; clock: Clock; openWithinMs: number },
): Promise<Loader> {
  const directory = join(parent, `load-${index + 1}-${freshId()}`);
  await remote.files.makeDirectory(directory);
  // What it is told may hold passwords.
  const { exitStatus, stderr } = await remote.exec(['chmod', '700', directory]);
  if (exitStatus !== 0) throw new Failure(`${directory} on ${name} cannot be used: ${stderr}`);
  const program = join(directory, PROGRAM_FILE);
  await remote.files.write(program, await bundleLoader());
  const daemon = await remote.spawn([node, program, directory], {
    outputFile: join(directory, OUTPUT_FILE),
    workingDirectory: directory,
    environment: { NODE_OPTIONS: '' },
  });
  const mailbox = new Mailbox({ remote, directory, daemon, clock });
  const watch = new ClockWatch(remote, clock);
  let isClockApart = false;
  let hasBegun = false;
  /** The start of its system, as the process told it. */
  let systemStart: string | null = null;
  let claims: Promise<Buffer | null> | null = null;

  const fetchClaims = () => (claims ??= within(clock, FETCH_WITHIN_MS, readClaims()).catch(() => null));

  /** Null where they cannot be relied on: a system that was started again may have lost what was noted last. */
  async function readClaims(): Promise<Buffer | null> {
    const bytes = await remote.files.read(join(directory, CLAIMS_FILE));
    const { stdout } = await remote.exec(['cat', SYSTEM_START_FILE]);
    return systemStart !== null && stdout.trim() === systemStart ? bytes : null;
  }

  /** Before it writes: resolves where the host is out of reach for too long, or the process does not even begin. */
  async function untilLost(over: AbortSignal): Promise<string> {
    const fromNs = clock.nowNs();
    for (;;) {
      await clock.sleep(LOOK_MS, over);
      if (over.aborted) return 'is open';
      const nowNs = clock.nowNs();
      const sinceNs = mailbox.unreachableSinceNs ?? nowNs;
      if (nowNs - sinceNs > openWithinMs * NS_PER_MS)
        return `was out of reach for ${seconds(nowNs - sinceNs)}`;
      if (!hasBegun && nowNs - fromNs > openWithinMs * NS_PER_MS)
        return `said nothing for ${seconds(nowNs - fromNs)}`;
    }
  }

  return {
    place: name,
    pid: daemon.pid,
    isGone: () => mailbox.isGone,
    tell: (message) => mailbox.tell(message),
    async open(part) {
      const hello = watch.next();
      let settle: (message: Extract<FromLoader, { kind: 'opened' | 'failed' }>) => void;
      const answered = new Promise<Parameters<typeof settle>[0]>((resolve) => (settle = resolve));
      mailbox.listen((message) => {
        if (message.kind === 'clock') watch.hear(message);
        if (message.kind === 'opened' || message.kind === 'failed') settle(message);
      });
      const opening = new AbortController();
      const ended = Promise.race([mailbox.gone, untilLost(opening.signal)]).then((how) => {
        throw new Failure(`the load process on ${name} ${how} before it could write`);
      });
      ended.catch(() => undefined);
      const orGone = <T>(promise: Promise<T>): Promise<T> => Promise.race([promise, ended]);
      try {
        const { identity } = await orGone(hello);
        hasBegun = true;
        systemStart = identity === null ? null : systemStartOf(identity);
        isClockApart = identity === null || identity !== clockIdentity();
        const startNs = startOf(clock)!;
        const clockStartNs = isClockApart
          ? startNs + BigInt(Math.round(await orGone(watch.begin())))
          : startNs;
        const askedNs = clock.nowNs();
        mailbox.tell({
          kind: 'open',
          part: {
            ...part,
            endpoint: openEndpoint(endpoint),
            clockStartNs,
            ...(isClockApart && { isClockApart }),
          },
        });
        const answer = await orGone(answered);
        if (answer.kind === 'failed') throw failureOf({ ...answer, message: `${name}: ${answer.message}` });
        if (!isClockApart) assertBetween(answer, { askedNs, toldNs: clock.nowNs() });
      } finally {
        opening.abort();
      }
    },
    async follow(onReport, { silenceMaxMs, stop }) {
      let hasTold = false;
      let wasSilent = false;
      // Until now it had nothing to say.
      mailbox.heardNs = clock.nowNs();
      const over = new AbortController();
      const told = new Promise<null>((resolve) => {
        mailbox.listen((message) => {
          if (message.kind === 'clock') watch.hear(message);
          if (message.kind === 'report') onReport(message);
          if (message.kind !== 'done') return;
          hasTold = true;
          resolve(null);
        });
      });
      if (isClockApart) watch.watch();
      const how = await Promise.race([told, mailbox.gone, untilGivenUp()]);
      over.abort();
      if (isClockApart) await watch.end(hasTold);
      return how !== null && wasSilent ? silentFor(silenceMaxMs) : how;

      async function untilGivenUp(): Promise<string> {
        let stoppedNs: number | null = null;
        for (;;) {
          await clock.sleep(LOOK_MS, over.signal);
          if (over.signal.aborted) return '';
          const nowNs = clock.nowNs();
          if (stop.aborted) stoppedNs ??= nowNs;
          const { unreachableSinceNs, heardNs } = mailbox;
          if (unreachableSinceNs === null) {
            if (nowNs - heardNs <= silenceMaxMs * NS_PER_MS || mailbox.isGone) continue;
            wasSilent = true;
            await within(clock, FETCH_WITHIN_MS, daemon.signal('SIGKILL')).catch(() => null);
            await within(clock, FETCH_WITHIN_MS, mailbox.gone);
            return '';
          }
          const [sinceNs, mostMs] =
            stoppedNs === null
              ? [unreachableSinceNs, UNREACHABLE_MAX_MS.loading]
              : [Math.max(unreachableSinceNs, stoppedNs), UNREACHABLE_MAX_MS.ending];
          if (nowNs - sinceNs > mostMs * NS_PER_MS)
            return `was out of reach for ${seconds(nowNs - unreachableSinceNs)}`;
        }
      }
    },
    isOutOfReach: () => mailbox.unreachableSinceNs !== null,
    async begunBy(worker) {
      if (!mailbox.isGone) return null;
      const bytes = await fetchClaims();
      if (bytes === null) return null;
      const at = worker * CLAIM_BYTES;
      return bytes.length < at + CLAIM_BYTES ? 0 : bytes.readDoubleLE(at);
    },
    clockUncertaintyNs: () => (isClockApart ? watch.uncertaintyNs() : 0),
    async close() {
      mailbox.tell({ kind: 'close' });
      const closed = (await within(clock, CLOSE_WITHIN_MS, mailbox.gone)) !== null;
      if (!closed) await within(clock, CLOSE_WITHIN_MS, daemon.signal('SIGKILL')).catch(() => null);
      mailbox.close();
      // Where it cannot be reached, the lab ends what is left there.
      await within(clock, CLOSE_WITHIN_MS, mailbox.run(['rm', '-rf', directory])).catch(() => null);
    },
  };
}
