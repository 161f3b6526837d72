import { type Clock, MillraceError } from "@millrace/core";
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
  /** When it last began or failed. A failure that ends it has come later, and is told only when all is closed. */
  #heardMs = 0;
  /** Records that failures blamed. */
  readonly #blamed = new Set<string>();

  constructor(strategy: Strategy | undefined, clock: Pick<Clock, "monotonic">) {
    this.#strategy = strategy;
    this.#clock = clock;
  }

  heard(event: JobEvent): void {
    // A checkpoint may come about after the failure, while what is left is closed.
    if (event.kind === "running" || event.kind === "restarting") this.#heardMs = this.#clock.monotonic();
    if (event.kind !== "restarting" || this.#strategy === undefined) return;
    const now = this.#clock.monotonic();
    const [least, most] = this.#delays(this.#strategy, now);
    if (event.delayMs < least || event.delayMs > most) this.#wrong(event, `after ${event.delayMs} ms instead of ${least} to ${most}`);
    this.#failedMs.push(now);
    this.#lastDelayMs = event.delayMs;
    if (this.#isTooOften(this.#strategy, now)) this.#wrong(event, "though it has failed too often");
    const record = recordOf(event.error);
    if (record === undefined) return;
    if (this.#blamed.has(record)) this.#wrong(event, `though it has failed twice on ${record}`);
    this.#blamed.add(record);
  }

  /** It does not start again. */
  failed(error: unknown): void {
    if (this.#strategy === undefined || !(error instanceof MillraceError)) return;
    this.#failedMs.push(this.#heardMs);
    const mayFail = error.code !== "JOB_RESTARTS" || this.#isTooOften(this.#strategy, this.#heardMs - 1);
    const isPoison = error.code !== "JOB_POISON_RECORD" || this.#blamed.has(recordOf(error) ?? "");
    if (!mayFail || !isPoison) this.fault ??= `it does not start again, though it has failed ${this.#failedMs.length} times only: ${error.message}`;
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

/** Which record was at fault, as far as that is known. */
function recordOf(error: unknown): string | undefined {
  const { uid, position } = error instanceof MillraceError ? error.where : {};
  return uid === undefined || position === undefined ? undefined : `${uid} at ${position}`;
}
