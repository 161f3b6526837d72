import { type Cancel, type Lane, MillraceError, type Scheduler } from "@millrace/core";

/** Once the run is to end, nobody waits longer than this for what may never end: longer than a worker has to end by itself. */
export const PATIENCE_MS = 15_000;

/** What publishes output gets longer: it may be waiting for another machine, and what comes through at last need not come again. */
const SINK_PATIENCE_MS = 60_000;

export interface Turn {
  readonly lane: Lane;
  readonly scheduler: Scheduler;
  /** Patience begins with it. */
  readonly from: Promise<void>;
  /** Ends what holds the lane, as far as that can be. */
  readonly giveUp: () => Promise<void>;
}

/** Works when it is the lane's turn; or, when what is before it there takes too long, without it, once that has been given up. */
export async function inTurn(work: () => Promise<void>, { lane, scheduler, from, giveUp }: Turn): Promise<void> {
  let cancel: Cancel | undefined;
  let begun: Promise<void> | undefined;
  const begin = (): Promise<void> => {
    cancel?.();
    begun ??= work();
    return begun;
  };
  const waited = Promise.withResolvers<void>();
  void from.then(() => {
    if (begun === undefined) cancel = scheduler.after(PATIENCE_MS, waited.resolve);
  });
  await Promise.race([lane.run(begin), waited.promise.then(giveUp).then(begin)]);
}

/** False: it has not come to an end in time. */
export async function inTime(work: Promise<void> | undefined, scheduler: Scheduler): Promise<boolean> {
  const over = Promise.withResolvers<boolean>();
  const cancel = scheduler.after(PATIENCE_MS, () => over.resolve(false));
  try {
    return await Promise.race([Promise.resolve(work).then(() => true), over.promise]);
  } finally {
    cancel();
  }
}

/** Waits for one work after the other: as long as it takes, which is said when it takes long; once the run is to end no longer than its patience lasts. */
export class Patience {
  readonly #scheduler: Scheduler;
  readonly #warn: (warning: MillraceError) => void;
  #isLimited = false;
  /** Of the work that is waited for. */
  #limit: () => void = () => undefined;

  constructor(scheduler: Scheduler, warn: (warning: MillraceError) => void) {
    this.#scheduler = scheduler;
    this.#warn = warn;
  }

  /** The run is to end. */
  limit(): void {
    this.#isLimited = true;
    this.#limit();
  }

  /** Rejects as the work does, or with JOB_STUCK: `what` has not come to an end in time. */
  async wait(what: string, work: Promise<void>): Promise<void> {
    const over = Promise.withResolvers<never>();
    let cancel: Cancel | undefined;
    this.#limit = () => {
      cancel ??= this.#scheduler.after(SINK_PATIENCE_MS, () => over.reject(sinkStuck(what)));
    };
    if (this.#isLimited) this.#limit();
    const cancelWarning = this.#scheduler.after(SINK_PATIENCE_MS, () => this.#warn(sinkWaits(what)));
    try {
      await Promise.race([work, over.promise]);
    } finally {
      cancelWarning();
      this.#limit = () => undefined;
      cancel?.();
    }
  }
}

function sinkWaits(what: string): MillraceError {
  return new MillraceError(
    "SINK_WAITS",
    `${what} has taken ${SINK_PATIENCE_MS / 1_000} s so far, and is waited for: until it ends no checkpoint begins, and the run does not end`,
    {
      hint: "see whether the sink's target can be reached and has room; give the calls of a sink of your own a time limit",
    },
  );
}

function sinkStuck(what: string): MillraceError {
  return new MillraceError("JOB_STUCK", `${what} did not end within ${SINK_PATIENCE_MS / 1_000} s, and is not waited for`, {
    hint: "a commit or a close of a sink does not come to an end: give its calls a time limit; a run that is resumed publishes again what its last checkpoint holds",
  });
}

/** What was waited for has not come to an end. */
export function isStuck(error: unknown): boolean {
  return error instanceof MillraceError && error.code === "JOB_STUCK";
}

export function jobStuck(): MillraceError {
  return new MillraceError("JOB_STUCK", `tasks did not end within ${PATIENCE_MS / 1_000} s, and are not waited for`, {
    hint: "an open or close of a source, a function or a sink does not come to an end: give its calls a time limit",
  });
}
