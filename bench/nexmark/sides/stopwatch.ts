import type { SideRun } from "./side.ts";

interface Moment {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Times what comes after the warm-up. */
export class Stopwatch {
  readonly #events: number;
  readonly #warmEvents: number;
  #from: Moment = moment();
  #to: Moment | undefined;
  #rows = 0;

  constructor(events: number) {
    this.#events = events;
    this.#warmEvents = Math.floor(events / 3);
  }

  /** The position before which the watch is started. */
  get mark(): number {
    return this.#warmEvents;
  }

  start(): void {
    this.#from = moment();
  }

  stop(rows: number): void {
    this.#rows += rows;
    this.#to = moment();
  }

  result(): SideRun {
    const to = this.#to ?? moment();
    return {
      events: this.#events - this.#warmEvents,
      seconds: to.seconds - this.#from.seconds,
      cpuSeconds: to.cpuSeconds - this.#from.cpuSeconds,
      rows: this.#rows,
      peakRssMb: Math.round(process.resourceUsage().maxRSS / 1_024),
    };
  }
}

function moment(): Moment {
  const { user, system } = process.cpuUsage();
  return { seconds: Number(process.hrtime.bigint()) / 1e9, cpuSeconds: (user + system) / 1e6 };
}
