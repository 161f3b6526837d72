import type { SourceChange } from "./plant.ts";

/** A breakage that was read and changes no result: no run can tell it from the engine as it is. Lines are without their indentation. */
export interface Harmless extends SourceChange {
  readonly why: string;
}

export const harmless: readonly Harmless[] = [
  {
    path: "packages/runtime/src/task/expiry-cleanup.ts",
    find: "const pauseMs = isDone && this.#turn === 0 ? ROUND_PAUSE_MS : Math.max(PAUSE_MIN_MS, (end - start) * PAUSE_FACTOR);",
    replace: "const pauseMs = isDone || this.#turn === 0 ? ROUND_PAUSE_MS : Math.max(PAUSE_MIN_MS, (end - start) * PAUSE_FACTOR);",
    why: "how long the cleanup of expired state waits between two rounds",
  },
  {
    path: "packages/runtime/src/task/stream-task.ts",
    find: "return this.#parts.control.interrupt || this.times.sliceOver(limits.sliceMs);",
    replace: "return this.#parts.control.interrupt && this.times.sliceOver(limits.sliceMs);",
    why: "a firing gives way only when its slice is over and something waits",
  },
  {
    path: "packages/runtime/src/task/stream-task.ts",
    find: "return this.#mailCame && hosts.some((host) => host.mail.length > 0 && flow.opens(host));",
    replace: "return this.#mailCame || hosts.some((host) => host.mail.length > 0 && flow.opens(host));",
    why: "a task looks once more at what operators have posted",
  },
  {
    path: "packages/runtime/src/task/stream-task.ts",
    find: "#mailCame = false;",
    replace: "#mailCame = true;",
    why: "a new task looks once at what operators have posted, which is nothing",
  },
  {
    path: "packages/runtime/src/job/store-backends.ts",
    find: "this.#trusted = true;",
    replace: "this.#trusted = false;",
    why: "local stores of the attempt before are read from the checkpoint again: slower, and the same",
  },
  {
    path: "packages/runtime/src/task/task-times.ts",
    find: "if (blockedSince !== undefined && blockedSince < start) {",
    replace: "if (blockedSince !== undefined || blockedSince < start) {",
    why: "busy and blocked time, as it is shown",
  },
];
