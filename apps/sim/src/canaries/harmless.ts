import type { SourceChange } from "./plant.ts";

/** A breakage that was read and changes no result: no run can tell it from the engine as it is. Lines are without their indentation. */
export interface Harmless extends SourceChange {
  readonly why: string;
}

/** Files that say how much, when or in which words, and not what. */
export const besideTheResults: readonly string[] = [
  "packages/runtime/src/task/task-times.ts",
  "packages/runtime/src/task/expiry-cleanup.ts",
  "packages/runtime/src/job/failures.ts",
  "packages/runtime/src/job/not-running.ts",
  "packages/checkpoint/src/storage/errors.ts",
];

export const harmless: readonly Harmless[] = [
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
    path: "packages/runtime/src/task/task-checkpoints.ts",
    find: "if (chain !== undefined) this.#bases.completed(host, chain);",
    replace: "if (chain === undefined) this.#bases.completed(host, chain);",
    why: "no bases are made between checkpoints, so checkpoints make them",
  },
  {
    path: "packages/runtime/src/job/job-run.ts",
    find: "this.#savepoints.delete(taking);",
    replace: ";",
    why: "a savepoint that is done is waited for at the end of the run",
  },
];
