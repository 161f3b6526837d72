import { limits, WATERMARK_MAX, WATERMARK_MIN } from "@millrace/core";
import type { JobEvent, Sink, Source, SourceSplit } from "millrace";
import type { Reading } from "../jobs/reading.ts";
import type { Chance } from "../world/chance.ts";
import type { SimulatedProcess } from "../world/process.ts";
import { DIED_WITH_CUT_FIRING } from "../world/process-disk.ts";
import type { World } from "../world/world.ts";
import type { DueLine } from "./due.ts";
import { WrittenLines } from "./watched-sink.ts";
import { type Conductor, type WatchedReader, watchedSource } from "./watched-source.ts";

export interface ProgressSettings {
  readonly live: boolean;
  /** What a source has seen counts at once when it has handed over nothing for some time: it is live, or may be idle. */
  readonly tellsWhenQuiet: boolean;
  readonly disorderMs: number;
  /** How far a source may be ahead of the others; undefined: as far as it likes, or nobody can tell. */
  readonly maxDriftMs: number | undefined;
  /** A lull may begin before the first record. */
  readonly beginsAtOnce: boolean;
  /** In the order of when they are due. */
  readonly due: readonly DueLine[];
  /** By path of the input file. */
  readonly readings: ReadonlyMap<string, readonly Reading[]>;
  /**
   * From the beginning of a lull until all is written that is due, and from then on until it is published, when an operation on the disk takes up
   * to so long.
   */
  readonly bounds: (diskDelayMs: number) => { readonly writtenMs: number; readonly publishedMs: number };
  /** Output is published with each checkpoint, and checkpoints come often. */
  readonly publishes: boolean;
  /** No checkpoint is due, and the processor so fast, that a job with nothing to do does nothing for most of the time. */
  readonly mayRest: boolean;
  /** Every published line, as it was written. */
  readonly published: () => Promise<ReadonlyMap<string, number>>;
}

/** How often it looks. */
const LOOK_MS = 5;
/** Lulls of one process; each costs simulated time, in which checkpoints are taken. */
const LULLS_MAX = 3;
/** A live source has told by then what it has seen. */
const QUIET_MS = 2 * limits.quietMs + 50;
/** The first may have begun before, the second is being published. */
const CHECKPOINTS = 3;

/** Of so long in which nothing is to be written: what may be busy with what is left to do, with timers and looks at sources. */
const REST_MS = 50;
const BUSY_MAX = 0.9;

/** Sources hold still, and everything that is due has to come out. */
interface Lull {
  readonly sinceMs: number;
  readonly disturbances: number;
  /** What was due is written; now it is to be published, or there is nothing to do. */
  written: { readonly sinceMs: number; readonly checkpoints: number; readonly workedMs: number } | undefined;
}

/**
 * Judges that results come in time, not only in the end. Now and then all sources hold still, as if nothing happened outside. Whatever follows from
 * the records that they have handed over must then be written, and published, within bounds that the job's own intervals give, though no
 * further record and no end of the input pushes it. As soon as it has come they go on, so that a lull takes no longer than needed.
 * A fault, an order or a recovery ends a lull without a judgement.
 */
export class ProgressJudge {
  /** What did not come in time. */
  fault: string | undefined;
  /** Lulls that ended with everything there. */
  passed = 0;
  readonly #world: World;
  readonly #settings: ProgressSettings;
  readonly #chance: Chance;
  readonly #written = new WrittenLines();
  readonly #readers = new Set<WatchedReader>();
  #process: SimulatedProcess | undefined;
  #lull: Lull | undefined;
  #lullsLeft = 0;
  #checkpoints = 0;
  /** Records of this attempt, and after how many the next lull comes. */
  #records = 0;
  #attempts = 0;
  /** Nothing was restored: how far event time has come is known to the millisecond. Later attempts may begin at a checkpoint that failed to be published. */
  #isFresh = false;
  #next: number | undefined;
  /** The process before died with a firing cut: what that left is due though nothing more comes. */
  #followsCut = false;

  constructor(world: World, settings: ProgressSettings, chance: Chance) {
    this.#world = world;
    this.#settings = settings;
    this.#chance = chance;
  }

  /** A process begins. */
  begin(process: SimulatedProcess): void {
    this.#followsCut = this.#process?.disk.met.has(DIED_WITH_CUT_FIRING) === true;
    this.#process = process;
    this.#readers.clear();
    this.#written.clear();
    this.#lull = undefined;
    this.#lullsLeft = LULLS_MAX;
  }

  heard(event: JobEvent): void {
    if (event.kind === "checkpointCompleted") this.#checkpoints++;
  }

  sink(sink: Sink<string>): Sink<string> {
    return this.#written.watch(sink);
  }

  /** `waits`: whether it is not that split's turn. */
  source<S extends SourceSplit>(source: Source<Reading, S>, waits: (split: string) => boolean): Source<Reading, S> {
    const { disorderMs, live, maxDriftMs, readings } = this.#settings;
    const conductor: Conductor = {
      disorderMs,
      live,
      pausesSplits: maxDriftMs !== undefined,
      readingsOf: ({ path }) => readings.get(String(path)) ?? [],
      opened: (reader) => {
        if (this.#readers.size === 0) this.#planLull();
        this.#readers.add(reader);
      },
      closed: (reader) => void this.#readers.delete(reader),
      collected: () => void this.#records++,
      polled: (reader) => this.#checkDrift(reader),
      holdsStill: () => {
        if (this.#lull === undefined && this.#next !== undefined && this.#records >= this.#next) this.#beginLull();
        return this.#lull !== undefined;
      },
    };
    return watchedSource(source, waits, conductor);
  }

  /** Of an attempt: right at its beginning, or anywhere. */
  #planLull(): void {
    this.#records = 0;
    this.#isFresh = ++this.#attempts === 1;
    const drawn = this.#chance.pick([0, this.#chance.below(100), this.#chance.below(200), undefined]);
    const isSoon = drawn === 0 && !this.#settings.beginsAtOnce;
    this.#next = this.#followsCut ? 0 : isSoon ? 1 + this.#chance.below(100) : drawn;
  }

  #beginLull(): void {
    this.#next = undefined;
    const process = this.#process;
    if (process === undefined || this.#lullsLeft-- <= 0 || this.#world.hasJumped) return;
    // Behind its last barrier a job does nothing more, however long a savepoint takes, its own or one that it was asked for before.
    if (process.isToEnd) return;
    this.#lull = { sinceMs: this.#now(), disturbances: process.disturbances, written: undefined };
    this.#lookLater(process);
  }

  /** A source that is ahead of its group must not be read on. */
  #checkDrift({ frontier }: WatchedReader): void {
    const { maxDriftMs } = this.#settings;
    if (maxDriftMs === undefined || !this.#isFresh) return;
    const told = [...this.#readers].map((other) => other.frontier.watermark(false)).filter((watermark) => watermark > WATERMARK_MIN);
    const least = Math.min(WATERMARK_MAX, ...told);
    if (frontier.leastOfSplits <= least + maxDriftMs) return;
    this.fault = `a source at ${frontier.leastOfSplits} was read on, though another one of its alignment group is at ${least}`;
  }

  #endLull(): void {
    this.#lull = undefined;
    if (this.#chance.oneIn(2)) this.#next = this.#records + this.#chance.below(100);
    for (const { wake } of this.#readers) wake();
  }

  #lookLater(process: SimulatedProcess): void {
    this.#world.time.after(LOOK_MS, () => void this.#look(process));
  }

  async #look(process: SimulatedProcess): Promise<void> {
    const lull = this.#lull;
    if (lull === undefined || process !== this.#process || !process.alive) return;
    if (process.disturbances !== lull.disturbances) return this.#endLull();
    const due = this.#due(lull);
    const ageMs = this.#now() - lull.sinceMs;
    const { writtenMs, publishedMs } = this.#settings.bounds(process.diskDelayMs);
    if (lull.written === undefined) {
      const missing = lacking(due, (line) => this.#written.count(line));
      if (missing.length > 0 && ageMs > writtenMs) return this.#accuse(`was due and not written within ${writtenMs} ms`, missing);
      if (missing.length === 0 && (!this.#settings.tellsWhenQuiet || ageMs > QUIET_MS))
        lull.written = { sinceMs: this.#now(), checkpoints: this.#checkpoints, workedMs: this.#world.time.workedMs };
    } else if (!this.#settings.publishes) {
      if (!this.#settings.mayRest) return this.#pass();
      const { sinceMs, workedMs } = lull.written;
      const passedMs = this.#now() - sinceMs;
      if (passedMs < REST_MS) return this.#lookLater(process);
      const busy = (this.#world.time.workedMs - workedMs) / passedMs;
      if (busy > BUSY_MAX) return this.#accuse(`it is at work all the time, though nothing is to be done`, []);
      return this.#pass();
    } else if (this.#checkpoints >= lull.written.checkpoints + CHECKPOINTS) {
      const published = await this.#settings.published();
      const missing = lacking(due, (line) => published.get(line) ?? 0);
      if (missing.length === 0) return this.#pass();
      if (this.#now() - lull.written.sinceMs > publishedMs) return this.#accuse(`was written and not published within ${publishedMs} ms`, missing);
    } else if (this.#now() - lull.written.sinceMs > publishedMs) {
      const seen = this.#checkpoints - lull.written.checkpoints;
      return this.#accuse(`${seen} checkpoints were completed within ${publishedMs} ms`, []);
    }
    this.#lookLater(process);
  }

  #pass(): void {
    this.passed++;
    this.#endLull();
  }

  #accuse(what: string, missing: readonly string[]): void {
    const lines = missing.length === 0 ? "" : `${missing.length} lines, e.g. ${JSON.stringify(missing.slice(0, 2))}: `;
    this.fault = `in a lull of the input, ${lines}${what}`;
  }

  #due(lull: Lull): readonly string[] {
    const isQuiet = this.#settings.tellsWhenQuiet && this.#now() - lull.sinceMs > QUIET_MS;
    const reading = [...this.#readers].filter(({ frontier }) => !frontier.isEmpty);
    // Between two turns nobody is known to be idle.
    const awake = reading.some(({ waits }) => !waits) ? reading.filter(({ waits }) => !waits) : reading;
    const watermark = Math.min(WATERMARK_MAX, ...awake.map(({ frontier }) => frontier.watermark(isQuiet)));
    const { due } = this.#settings;
    const end = due.findIndex(({ at }) => at > watermark);
    return due.slice(0, end < 0 ? due.length : end).map(({ line }) => line);
  }

  #now(): number {
    return this.#world.time.clock.monotonic();
  }
}

/** Of the wanted lines those that are not there so often. */
function lacking(wanted: readonly string[], countOf: (line: string) => number): string[] {
  const needed = new Map<string, number>();
  for (const line of wanted) needed.set(line, (needed.get(line) ?? 0) + 1);
  return [...needed].filter(([line, count]) => countOf(line) < count).map(([line]) => line);
}
