import { decideRestart, failureOf, noRestarts, type RestartDecision, type RestartHistory } from "@millrace/checkpoint";
import type { Cancel } from "@millrace/core";
import type { RunSettings } from "./settings.ts";

/** What a run does after its failures, as its strategy says: the decisions, and the wait before the next attempt. */
export class Restarts {
  readonly #settings: Pick<RunSettings, "restart" | "ports">;
  #history: RestartHistory = noRestarts;
  #cancel: Cancel | undefined;

  constructor(settings: Pick<RunSettings, "restart" | "ports">) {
    this.#settings = settings;
  }

  get history(): RestartHistory {
    return this.#history;
  }

  /** A restart that is decided counts. */
  decide(error: unknown, anotherMayHelp: boolean): RestartDecision {
    const failure = failureOf(error);
    const restartable = failure.restartable && anotherMayHelp;
    const { restart, ports } = this.#settings;
    const decision = decideRestart(restart, this.#history, { ...failure, restartable }, ports.clock.monotonic());
    if (decision.kind === "restart") this.#history = decision.history;
    return decision;
  }

  after(delayMs: number, restart: () => void): void {
    this.#cancel = this.#settings.ports.scheduler.after(delayMs, restart);
  }

  /** One that is waited for does not come. */
  cancel(): void {
    this.#cancel?.();
  }
}
