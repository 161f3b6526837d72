import type { Clock } from "@millrace/core";
import type { JobEvent, StartOptions } from "millrace";

type Strategy = NonNullable<StartOptions["restart"]>;
type Restarting = Extract<JobEvent, { readonly kind: "restarting" }>;

/** Whether a job that fails is started again as it was told: how often, and after what delay. */
export class Restarts {
  fault: string | undefined;
  readonly #strategy: Strategy | undefined;
  readonly #clock: Pick<Clock, "monotonic">;
  /** When it failed, oldest first. */
  readonly #failedMs: number[] = [];
  #lastDelayMs = 0;

  constructor(strategy: Strategy | undefined, clock: Pick<Clock, "monotonic">) {
    this.#strategy = strategy;
    this.#clock = clock;
  }

  heard(event: JobEvent): void {
    if (event.kind !== "restarting" || this.#strategy === undefined) return;
    const now = this.#clock.monotonic();
    const [least, most] = this.#delays(this.#strategy, now);
    if (event.delayMs < least || event.delayMs > most) this.#wrong(event, `after ${event.delayMs} ms instead of ${least} to ${most}`);
    this.#failedMs.push(now);
    this.#lastDelayMs = event.delayMs;
    if (this.#isTooOften(this.#strategy, now)) this.#wrong(event, "though it has failed too often");
  }

  #delays(strategy: Strategy, now: number): readonly [least: number, most: number] {
    switch (strategy.kind) {
      case "none":
        return [0, 0];
      case "fixedDelay":
      case "failureRate":
        return [strategy.delayMs, strategy.delayMs];
      case "exponentialDelay": {
        const { initialDelayMs, maxDelayMs, factor, resetAfterMs = Number.POSITIVE_INFINITY } = strategy;
        const healthyMs = now - ((this.#failedMs.at(-1) ?? Number.NEGATIVE_INFINITY) + this.#lastDelayMs);
        if (healthyMs >= resetAfterMs) return [initialDelayMs, initialDelayMs];
        const grown = Math.max(initialDelayMs, Math.min(maxDelayMs, this.#lastDelayMs * factor));
        return [Math.floor(grown), Math.ceil(grown)];
      }
    }
  }

  #isTooOften(strategy: Strategy, now: number): boolean {
    switch (strategy.kind) {
      case "none":
        return true;
      case "fixedDelay":
        return this.#failedMs.length > strategy.attempts;
      case "failureRate":
        return this.#failedMs.filter((at) => at > now - strategy.intervalMs).length > strategy.failures;
      case "exponentialDelay":
        return false;
    }
  }

  #wrong({ attempt }: Restarting, how: string): void {
    this.fault ??= `it starts again for the ${attempt}th time ${how}`;
  }
}
