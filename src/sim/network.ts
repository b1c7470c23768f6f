import type { Impairing } from '../control/impairing/impairing.ts';
import type { Net, Probe } from '../control/net.ts';
import type { Plugs } from '../control/plugs.ts';
import type { VirtualClock } from '../core/virtual-clock.ts';
import type { Random } from '../core/random.ts';
import type { Link } from '../history/fault.ts';
import type { Bug } from './bugs.ts';
import { modelledImpairing, type Lateness } from './impairing.ts';

/**
 * Messages over TCP between places (nodes, and `client`). A link keeps the order of its messages, except for those of
 * single connections (`Flow`). Packets that a cut
 * swallows are sent again, after 0.2, 0.6, 1.4, 3 … seconds, so what was written into a cut
 * connection arrives some time after the heal, unless either end has given up by then.
 *
 * Where only one direction is cut, the other one works until the sender has filled its window with bytes that are not
 * acknowledges; and no new connection comes about.
 */
export type Fate = 'pass' | 'drop' | { delayNs: number };

/** The first rule that does not say `pass` decides about a message; cuts come before all rules. */
export type Rule = (from: number, to: number) => Fate;

const LATENCY_MIN_NS = 60_000;
const LATENCY_SPREAD_NS = 140_000;
/** One message in 64 meets a busy scheduler. */
const HICCUP = 1 / 64;
const HICCUP_NS = 2e6;
const FIRST_RETRANSMISSION_NS = 200e6;
/** Linux goes on doubling; but programs that wait longer than this connect anew. */
const LONGEST_RETRANSMISSION_NS = 1_600e6;
/** Messages that fit into a window that is not acknowledged. */
const WINDOW = 10;

interface Stalled {
  sentNs: number;
  deliver: () => void;
  flow: Flow | undefined;
}

/**
 * What one connection sends in one direction: it keeps its order, and what another connection sends over the same link may
 * overtake it. What belongs to no flow keeps the order of the link.
 */
export interface Flow {
  lastNs: number;
}

export class Network implements Net {
  readonly needsControl = false;
  readonly rules: Rule[] = [];
  readonly impairing: Impairing;
  /** A node without a network is one that is cut from every place. */
  readonly plugs: Plugs = {
    ability: { answer: 'yes' },
    disconnect: (nodes) => this.cut(this.#linksOf(nodes)),
    connect: async (nodes) => {
      await this.heal(nodes === undefined ? undefined : this.#linksOf(nodes));
    },
  };
  readonly #impairments: Lateness[] = [];
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #places: readonly string[];
  readonly #cutsNothing: boolean;
  /** By link: how many faults cut it. */
  readonly #cut: Uint8Array;
  readonly #unacknowledged: Uint8Array;
  readonly #lastNs: Float64Array;
  readonly #stalled: Stalled[][];
  /** By place: when it last lost power. */
  readonly #powerlessNs: Float64Array;
  #cuts = 0;

  constructor(places: readonly string[], clock: VirtualClock, random: Random, bug: Bug | null = null) {
    this.#places = places;
    this.#cutsNothing = bug === 'cut-does-nothing';
    this.#clock = clock;
    this.#random = random;
    const placeOf = (name: string) => this.placeOf(name);
    this.impairing = modelledImpairing(this.#impairments, placeOf, random.fork('impairing'));
    const links = places.length * places.length;
    this.#cut = new Uint8Array(links);
    this.#unacknowledged = new Uint8Array(links);
    this.#lastNs = new Float64Array(links);
    this.#stalled = Array.from({ length: links }, () => []);
    this.#powerlessNs = new Float64Array(places.length).fill(-Infinity);
  }

  /** A machine without power sends nothing again: what it had written into a cut connection is gone. */
  losePower(place: number): void {
    this.#powerlessNs[place] = this.#clock.nowNs();
  }

  placeOf(name: string): number {
    const place = this.#places.indexOf(name);
    if (place < 0) throw new Error(`There is no place ${name} in this network.`);
    return place;
  }

  latencyNs(): number {
    const drawn = this.#random.float();
    const hiccup = drawn < HICCUP ? drawn * 64 * HICCUP_NS : 0;
    return Math.floor(LATENCY_MIN_NS + drawn * LATENCY_SPREAD_NS + hiccup);
  }

  /** Whether a new connection could come about: packets pass in both directions. */
  connects(from: number, to: number): boolean {
    if (this.#cuts === 0) return true;
    return this.#cut[this.#link(from, to)] === 0 && this.#cut[this.#link(to, from)] === 0;
  }

  send(from: number, to: number, deliver: () => void, flow?: Flow): void {
    const nowNs = this.#clock.nowNs();
    const link = this.#link(from, to);
    let extraNs = 0;
    if (this.#cuts > 0 && from !== to && !this.#takes(link, this.#link(to, from))) {
      this.#stalled[link]!.push({ sentNs: nowNs, deliver, flow });
      return;
    }
    for (const rule of this.rules) {
      const fate = rule(from, to);
      if (fate === 'pass') continue;
      // A dropped packet is sent again after the first retransmission timeout.
      extraNs = fate === 'drop' ? FIRST_RETRANSMISSION_NS : fate.delayNs;
      break;
    }
    if (this.#impairments.length > 0) extraNs += this.#impairedNs(from, to);
    this.#arrive(link, nowNs + this.latencyNs() + extraNs, deliver, flow);
  }

  /** By how much faults make this message late, all of them together. */
  #impairedNs(from: number, to: number): number {
    let extraNs = 0;
    for (const delayNs of this.#impairments) extraNs += delayNs(from, to);
    return extraNs;
  }

  #link(from: number, to: number): number {
    return from * this.#places.length + to;
  }

  #takes(link: number, back: number): boolean {
    if (this.#cut[link]! > 0) return false;
    if (this.#cut[back] === 0) return true;
    return this.#unacknowledged[link]!++ < WINDOW;
  }

  #arrive(link: number, timeNs: number, deliver: () => void, flow: Flow | undefined): void {
    if (flow !== undefined) {
      flow.lastNs = Math.max(timeNs, flow.lastNs + 1);
      this.#clock.at(flow.lastNs, deliver);
      return;
    }
    const arrivalNs = Math.max(timeNs, this.#lastNs[link]! + 1);
    this.#lastNs[link] = arrivalNs;
    this.#clock.at(arrivalNs, deliver);
  }

  async cut(links: readonly Link[]): Promise<void> {
    if (this.#cutsNothing) return;
    for (const { from, to } of links) {
      this.#cut[this.#link(this.placeOf(from), this.placeOf(to))]!++;
      this.#cuts++;
    }
  }

  async heal(links?: readonly Link[]): Promise<Link[]> {
    const healed = links ?? this.#links();
    for (const { from, to } of healed) {
      const link = this.#link(this.placeOf(from), this.placeOf(to));
      const count = links === undefined ? this.#cut[link]! : Math.min(1, this.#cut[link]!);
      this.#cut[link]! -= count;
      this.#cuts -= count;
    }
    this.#release();
    return healed.filter(({ from, to }) => this.connects(this.placeOf(from), this.placeOf(to)));
  }

  #links(): Link[] {
    return this.#places.flatMap((from) => this.#places.map((to) => ({ from, to })));
  }

  /** Those that begin or end at one of these nodes. */
  #linksOf(nodes: readonly string[]): Link[] {
    return this.#links().filter(
      ({ from, to }) => from !== to && (nodes.includes(from) || nodes.includes(to)),
    );
  }

  /** What was stalled goes out with the first retransmission that finds the way free. */
  #release(): void {
    const count = this.#places.length;
    for (let from = 0; from < count; from++) {
      for (let to = 0; to < count; to++) {
        if (from === to || !this.connects(from, to)) continue;
        const link = this.#link(from, to);
        this.#unacknowledged[link] = 0;
        if (this.#stalled[link]!.length === 0) continue;
        const stalled = this.#stalled[link]!.splice(0);
        const arrivals = new Map<Flow | undefined, number>();
        for (const { sentNs, deliver, flow } of stalled) {
          let arrivalNs = arrivals.get(flow);
          if (arrivalNs === undefined) arrivals.set(flow, (arrivalNs = this.#retransmissionNs(sentNs)));
          const arrive = () => {
            if (this.#powerlessNs[from]! < sentNs) deliver();
          };
          this.#arrive(link, arrivalNs, arrive, flow);
        }
      }
    }
  }

  #retransmissionNs(sentNs: number): number {
    const nowNs = this.#clock.nowNs();
    let waitNs = FIRST_RETRANSMISSION_NS;
    let timeNs = sentNs + waitNs;
    while (timeNs <= nowNs) {
      waitNs = Math.min(2 * waitNs, LONGEST_RETRANSMISSION_NS);
      timeNs += waitNs;
    }
    return timeNs;
  }

  isCut(link: Link): boolean {
    return !this.connects(this.placeOf(link.from), this.placeOf(link.to));
  }

  async probe(link: Link, timeoutMs: number): Promise<Probe> {
    const [from, to] = [this.placeOf(link.from), this.placeOf(link.to)];
    const deadlineNs = this.#clock.nowNs() + timeoutMs * 1e6;
    const connects = this.connects(from, to);
    const extraNs =
      this.#impairments.length > 0 ? this.#impairedNs(from, to) + this.#impairedNs(to, from) : 0;
    const roundTripNs = this.latencyNs() + this.latencyNs() + extraNs;
    const isInTime = connects && roundTripNs <= timeoutMs * 1e6;
    await this.#clock.sleep(isInTime ? roundTripNs / 1e6 : (deadlineNs - this.#clock.nowNs()) / 1e6);
    return { answer: isInTime && this.connects(from, to) ? 'connects' : 'silence', detail: '' };
  }
}
