import type { Client, Completion } from '../../src/client/client.ts';
import type { ObservedPartition, View } from '../../src/db/db.ts';
import type { Event } from '../../src/history/event.ts';
import type { Decoder } from '../../src/history/value.ts';
import { scenarioSchema, type Scenario } from '../../src/scenario/schema.ts';
import type { World } from '../../src/world/world.ts';

/**
 * What the model and Kafka must agree on: cases that run, word for word, against either world, one after the other on
 * one cluster of three brokers. A case tells facts; the facts stand beside what they must be, in both worlds.
 */
export interface Contracted extends World {
  readonly decode: Decoder;
  /** What the world has told so far. */
  readonly events: readonly Event[];
  /** Clients read their settings from here when they are opened. */
  readonly scenario: Scenario;
}

export type Facts = Readonly<Record<string, unknown>>;

export interface Case {
  name: string;
  /** What it tells, in any world. */
  facts: Facts;
  tell(world: Contracted, story: Story): Promise<Facts>;
}

/** Two in-sync replicas are required; an isolated follower leaves the in-sync set after three seconds. */
export function contractScenario(): Scenario {
  return scenarioSchema.parse({
    name: 'contract',
    title: 'What the model and Kafka must agree on',
    topic: { partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 },
    producer: { acks: 'all', requestTimeoutMs: 3_000, produceTimeoutMs: 1_000 },
    // For the zombie's sake (see DETECTION_TIMEOUTS) no shorter than it leads.
    brokerSettings: { 'replica.lag.time.max.ms': '8000' },
  });
}

/** What the cases share: numbers for values, and what has been acknowledged for good. */
export class Story {
  readonly world: Contracted;
  readonly kept: { value: string; offset: number }[] = [];
  #seq = 0;

  constructor(world: Contracted) {
    this.world = world;
  }

  /** @param worker its client asks the broker of that number first */
  async client(acks: 0 | 1 | 'all', worker = 0): Promise<Client> {
    this.world.scenario.producer.acks = acks;
    const deadlineNs = this.world.clock.nowNs() + 40e9;
    for (;;) {
      const client = this.world.openClient(worker);
      try {
        await client.open();
        return client;
      } catch (error) {
        // With ZooKeeper a leader may lead before the brokers have heard of it from the controller.
        await client.close();
        if (this.world.clock.nowNs() > deadlineNs) throw error;
        await this.world.clock.sleep(100);
      }
    }
  }

  async write(client: Client): Promise<Completion & { value: string }> {
    const seq = this.#seq++;
    const completion = await client.write({ worker: 0, seq, partition: 0 });
    return { ...completion, value: `w0:${seq}` };
  }

  /** Writes until one is acknowledged for good. */
  async writeKept(client: Client): Promise<Completion & { value: string }> {
    const deadlineNs = this.world.clock.nowNs() + 40e9;
    for (;;) {
      const written = await this.write(client);
      if (written.outcome === 'ok') {
        this.kept.push({ value: written.value, offset: written.offset! });
        return written;
      }
      if (this.world.clock.nowNs() > deadlineNs) throw new Error(`nothing is acknowledged: ${written.error}`);
      await this.world.clock.sleep(100);
    }
  }

  /** The newest claim that `holds`, waited for. */
  async until(
    what: string,
    holds: (claim: ObservedPartition, view: View) => boolean,
  ): Promise<ObservedPartition> {
    const { clock, db } = this.world;
    const deadlineNs = clock.nowNs() + 40e9;
    for (;;) {
      const view = await db.view();
      const claim = newest(view);
      if (claim !== null && holds(claim, view)) return claim;
      if (clock.nowNs() > deadlineNs) throw new Error(`${what}: not within 40 s; ${JSON.stringify(view)}`);
      await clock.sleep(200);
    }
  }

  leader(): Promise<ObservedPartition> {
    return this.until('a leader that answers', ({ leader }, view) => leader >= 0 && answers(view, leader));
  }

  whole(): Promise<ObservedPartition> {
    return this.until(
      'a full in-sync set, by all accounts',
      ({ leader }, view) =>
        leader >= 0 &&
        Object.values(view.observers).every((observed) => {
          const claim = observed?.partitions[0];
          return claim?.leader === leader && claim.isr.length === 3;
        }),
    );
  }

  /** Everything in the log, by value: the offset at which it stands. */
  async log(): Promise<{ offsets: Map<string, number>; end: number; records: number }> {
    const reader = this.world.openReader();
    await reader.open();
    const [end] = await reader.endOffsets();
    const offsets = new Map<string, number>();
    let records = 0;
    await reader.scan({ partition: 0, from: end!.start, end: end!.end }, (fetched) => {
      for (const { partition, offset, value } of fetched) {
        const { worker, seq, integrity } = this.world.decode(partition, value);
        records++;
        if (integrity === 'valid') offsets.set(`w${worker}:${seq}`, offset);
      }
    });
    await reader.close();
    return { offsets, end: end!.end, records };
  }

  async allKeptInPlace(): Promise<boolean> {
    const { offsets } = await this.log();
    return this.kept.every(({ value, offset }) => offsets.get(value) === offset);
  }
}

export function nameOf(id: number): string {
  return `kafka${id}`;
}

function answers(view: View, id: number): boolean {
  return view.observers[nameOf(id)] != null;
}

function newest(view: View): ObservedPartition | null {
  const claims = Object.values(view.observers).flatMap((observed) => observed?.partitions ?? []);
  return claims.toSorted((a, b) => (b.epoch ?? -1) - (a.epoch ?? -1))[0] ?? null;
}

const ALL_IDS = [1, 2, 3];

export const CASES: readonly Case[] = [
  {
    name: 'acks: 0 is never answered, 1 and all give offsets one after the other',
    facts: { none: 'sent', noneOffset: null, one: 'ok', all: 'ok', apart: 1, first: 1 },
    async tell(_world, story) {
      const none = await story.client(0);
      const unanswered = await story.write(none);
      // It is not said when it has arrived.
      await story.world.clock.sleep(500);
      await none.close();
      const single = await story.client(1);
      const one = await story.writeKept(single);
      await single.close();
      const whole = await story.client('all');
      const all = await story.writeKept(whole);
      await whole.close();
      return {
        none: unanswered.outcome,
        noneOffset: unanswered.offset,
        one: one.outcome,
        all: all.outcome,
        apart: all.offset! - one.offset!,
        first: one.offset,
      };
    },
  },
  {
    name: 'end offsets: the end is one past the last record, and a scan gives everything below it',
    facts: { end: 3, records: 3, inPlace: true },
    async tell(_world, story) {
      const { end, records } = await story.log();
      return { end, records, inPlace: await story.allKeptInPlace() };
    },
  },
  {
    name: 'leader change: another replica in sync leads in a later epoch and has everything',
    facts: { another: true, later: true, refused: true, inPlace: true },
    async tell({ db }, story) {
      const before = await story.leader();
      const client = await story.client('all', before.leader - 1);
      await story.writeKept(client);
      await db.kill!(nameOf(before.leader));
      const atOnce = await story.write(client);
      // Without KRaft the epoch stands in the leader's file only, a moment after it has begun to lead.
      const after = await story.until(
        'a new leader in a later epoch',
        ({ leader, epoch }) => leader >= 0 && leader !== before.leader && (epoch ?? 0) > (before.epoch ?? 0),
      );
      const fresh = await story.client('all', after.leader - 1);
      const written = await story.writeKept(fresh);
      await client.close();
      await fresh.close();
      return {
        another: written.broker !== before.leader,
        later: (after.epoch ?? 0) > (before.epoch ?? 0),
        refused: atOnce.outcome !== 'ok',
        inPlace: await story.allKeptInPlace(),
      };
    },
  },
  {
    name: 'restart: a killed broker comes back with its log and joins the in-sync set again',
    facts: { isr: ALL_IDS, inPlace: true },
    async tell({ db }, story) {
      const view = await db.view();
      const dead = ALL_IDS.filter((id) => !answers(view, id));
      for (const id of dead) await db.start!(nameOf(id));
      const { isr } = await story.whole();
      return { isr: isr.toSorted((a, b) => a - b), inPlace: await story.allKeptInPlace() };
    },
  },
  {
    name: 'pause: a leader that stands still is replaced, and follows once it goes on',
    facts: { another: true, behind: true, isr: ALL_IDS, inPlace: true },
    async tell({ db }, story) {
      const before = await story.whole();
      await db.pause!(nameOf(before.leader));
      const after = await story.until(
        'a successor of the one that stands still',
        ({ leader }) => leader >= 0 && leader !== before.leader,
      );
      const client = await story.client('all', after.leader - 1);
      const written = await story.writeKept(client);
      await client.close();
      await db.resume!(nameOf(before.leader));
      const { isr, leader } = await story.whole();
      return {
        another: written.broker !== before.leader,
        behind: leader !== before.leader,
        isr: isr.toSorted((a, b) => a - b),
        inPlace: await story.allKeptInPlace(),
      };
    },
  },
  {
    name: 'zombie leader: cut off from the cluster it acknowledges acks=1 and not acks=all, and truncates on heal',
    facts: {
      zombie: 'ok',
      zombieAll: 'info',
      sameOffsetTwice: true,
      zombieGone: true,
      successorKept: true,
      truncated: true,
    },
    async tell({ net, clock, db, events }, story) {
      const before = await story.whole();
      const zombie = nameOf(before.leader);
      const others = db.nodes.map(({ name }) => name).filter((name) => name !== zombie);
      const believer = await story.client(1, before.leader - 1);
      await story.writeKept(believer);
      const careful = await story.client('all', before.leader - 1);
      await story.writeKept(careful);
      await net!.cut(
        others.flatMap((other) => [
          { from: zombie, to: other },
          { from: other, to: zombie },
        ]),
      );
      const after = await story.until('a successor', ({ leader }) => leader >= 0 && leader !== before.leader);
      const lost = await story.write(believer);
      const blocked = await story.write(careful);
      const successor = await story.client('all', after.leader - 1);
      // Until its offsets have overtaken those of the zombie.
      let kept = await story.writeKept(successor);
      while (kept.offset! <= lost.offset!) kept = await story.writeKept(successor);
      await net!.heal();
      await story.whole();
      await clock.sleep(1_000);
      const { offsets } = await story.log();
      for (const client of [believer, careful, successor]) await client.close();
      return {
        zombie: lost.outcome,
        zombieAll: blocked.outcome,
        sameOffsetTwice: story.kept.some(({ offset }) => offset === lost.offset),
        zombieGone: !offsets.has(lost.value),
        successorKept: await story.allKeptInPlace(),
        truncated: events.some(
          (event) => event.type === 'log' && event.node === zombie && event.truncatedTo !== undefined,
        ),
      };
    },
  },
  {
    name: 'ISR shrink: a follower that cannot fetch leaves the in-sync set while there are writes, and comes back',
    facts: { left: true, back: ALL_IDS, inPlace: true },
    async tell(world, story) {
      const { left, follower } = await shrinkByCut(world, story);
      const { isr } = await story.whole();
      return {
        left: left !== null && !left.includes(follower),
        back: isr.toSorted((a, b) => a - b),
        inPlace: await story.allKeptInPlace(),
      };
    },
  },
  {
    name: 'below min.insync.replicas: acks=all is refused before the append, acks=1 goes on, and all goes on afterwards',
    facts: {
      refused: 'fail',
      error: 'NOT_ENOUGH_REPLICAS',
      one: 'ok',
      again: 'ok',
      refusedAbsent: true,
      inPlace: true,
    },
    async tell({ db }, story) {
      const before = await story.whole();
      const followers = ALL_IDS.filter((id) => id !== before.leader).map(nameOf);
      for (const follower of followers) await db.kill!(follower);
      await story.until('the leader alone in sync', ({ isr }) => isr.length === 1);
      const careful = await story.client('all', before.leader - 1);
      const refused = await story.write(careful);
      const single = await story.client(1, before.leader - 1);
      const one = await story.writeKept(single);
      for (const follower of followers) await db.start!(follower);
      await story.whole();
      const again = await story.writeKept(careful);
      const { offsets } = await story.log();
      for (const client of [careful, single]) await client.close();
      return {
        refused: refused.outcome,
        error: refused.error,
        one: one.outcome,
        again: again.outcome,
        refusedAbsent: !offsets.has(refused.value),
        inPlace: await story.allKeptInPlace(),
      };
    },
  },
];

/**
 * Cuts a follower from its leader until one replica has left the in-sync set; null if none does. Not the controller: from
 * Kafka 2.7 on (KIP-497) it is the one whom a leader asks for another in-sync set.
 */
async function shrinkByCut({ net, clock, db, events }: Contracted, story: Story) {
  const before = await story.whole();
  const told = Object.values((await db.view()).observers).map((observed) => observed?.controller ?? -1);
  const controllers = new Set(told);
  const follower = ALL_IDS.find((id) => id !== before.leader && !controllers.has(id))!;
  const [one, other] = [nameOf(follower), nameOf(before.leader)];
  const cut = [
    { from: one, to: other },
    { from: other, to: one },
  ];
  const single = await story.client(1, before.leader - 1);
  await net!.cut(cut);
  // Which observer hears of it first differs: the leader's own log counts as well as anybody's metadata.
  const already = events.length;
  let left: number[] | null = null;
  const deadlineNs = clock.nowNs() + 40e9;
  while (left === null && clock.nowNs() < deadlineNs) {
    await story.writeKept(single);
    await clock.sleep(400);
    const { observers } = await db.view();
    const claims = Object.values(observers).flatMap((observed) => observed?.partitions ?? []);
    const logged = events.slice(already).filter((event) => event.type === 'view');
    left = [...claims, ...logged].map(({ isr }) => isr).find((isr) => isr.length === 2) ?? null;
  }
  await net!.heal(cut);
  await single.close();
  return { left, follower };
}

/** Runs all cases in their order; a case that throws tells that. */
export async function tellAll(world: Contracted): Promise<Record<string, Facts>> {
  const story = new Story(world);
  const told: Record<string, Facts> = {};
  for (const each of CASES) {
    told[each.name] = await each.tell(world, story).catch((error: unknown) => ({ threw: String(error) }));
  }
  return told;
}
