import { decideRestart, failureOf, type RestartHistory, type RestartStrategy } from "@millrace/checkpoint";
import { type Cancel, MillraceError, messageOf, type Ports } from "@millrace/core";
import type { SinkOutput } from "../deployment/deployment.ts";
import type { Committers } from "./committers.ts";
import { isStuck, Patience } from "./patience.ts";

export interface PublicationOptions {
  readonly committers: Pick<Committers, "commitOne">;
  readonly strategy: RestartStrategy;
  /** Of the run so far: repeated commits count as restarts do. */
  readonly restarts: RestartHistory;
  readonly ports: Pick<Ports, "clock" | "scheduler">;
  readonly warn: (warning: MillraceError) => void;
}

/**
 * Publishes what a job without checkpoints has prepared, sink by sink. A commit that fails is repeated, when the restart strategy
 * says so; the job itself never runs again once the first has been tried, because nothing would tell what is published already
 * from what the next attempt prepares.
 */
export class Publication {
  readonly #outputs: readonly SinkOutput[];
  readonly #options: PublicationOptions;
  readonly #patience: Patience;
  #history: RestartHistory;
  #isLast = false;
  /** Ends the pause before the next try. */
  #hurry: () => void = () => undefined;

  constructor(outputs: readonly SinkOutput[], options: PublicationOptions) {
    const bySink = Map.groupBy(outputs, ({ uid }) => uid);
    this.#outputs = [...bySink].map(([uid, parts]) => ({ uid, committables: parts.flatMap(({ committables }) => committables) }));
    this.#options = options;
    this.#patience = new Patience(options.ports.scheduler, options.warn);
    this.#history = options.restarts;
  }

  /** Rejects with OUTPUT_UNPUBLISHED when a commit has failed for good; those after it are not tried. */
  async run(): Promise<void> {
    const published: string[] = [];
    for (const output of this.#outputs) {
      await this.#publish(output, published);
      if (output.committables.length > 0) published.push(output.uid);
    }
  }

  /** Whoever waits for its end wants no commit to be repeated more than once from now on, nor to wait for one that never ends. */
  hurry(): void {
    this.#isLast = true;
    this.#patience.limit();
    this.#hurry();
  }

  async #publish({ uid, committables }: SinkOutput, published: readonly string[]): Promise<void> {
    const { committers, strategy, ports, warn } = this.#options;
    for (let tries = 1; ; tries++) {
      const isLast = this.#isLast;
      try {
        return await this.#patience.wait(`the commit of "${uid}"`, committers.commitOne(uid, committables));
      } catch (error) {
        const decision = decideRestart(strategy, this.#history, failureOf(error), ports.clock.monotonic());
        // Of one that has not ended a second one would be under way beside it.
        if (isLast || isStuck(error) || decision.kind === "fail") throw unpublished(uid, error, tries, published);
        this.#history = decision.history;
        const waits = `the output of "${uid}" can't be published yet; it is tried again in ${decision.delayMs} ms: ${messageOf(error)}`;
        warn(new MillraceError("OUTPUT_WAITS", waits, { cause: error, where: { uid } }));
        await this.#pause(decision.delayMs);
      }
    }
  }

  #pause(delayMs: number): Promise<void> {
    if (this.#isLast) return Promise.resolve();
    const over = Promise.withResolvers<void>();
    const cancel: Cancel = this.#options.ports.scheduler.after(delayMs, over.resolve);
    this.#hurry = () => {
      cancel();
      over.resolve();
    };
    return over.promise;
  }
}

function unpublished(uid: string, error: unknown, tries: number, published: readonly string[]): MillraceError {
  const others = published.length === 0 ? "" : `; that of ${published.map((name) => `"${name}"`).join(", ")} is published`;
  const times = tries === 1 ? "" : `, tried ${tries} times`;
  return new MillraceError("OUTPUT_UNPUBLISHED", `the output of "${uid}" could not be published${times}: ${messageOf(error)}${others}`, {
    cause: error,
    where: { uid },
    hint: "without checkpoints the job begins again at the beginning: remove what is published before it is run again",
  });
}
