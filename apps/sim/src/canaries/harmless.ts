import type { SourceChange } from "./plant.ts";

/** A breakage that was read and changes no result: no run can tell it from the engine as it is. Lines are without their indentation. */
export interface Harmless extends SourceChange {
  readonly why: string;
}

/** Files that say how much, when or in which words, and not what; or refuse what no job gives them. */
export const besideTheResults: readonly string[] = [
  "packages/runtime/src/task/state-room-watch.ts",
  "packages/checkpoint/src/storage/checked-json.ts",
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
  {
    path: "packages/runtime/src/task/background-bases.ts",
    find: "if (adopted !== undefined && chain.files[0]?.name === adopted) this.#finished.delete(node);",
    replace: "if (adopted !== undefined || chain.files[0]?.name === adopted) this.#finished.delete(node);",
    why: "a base that a checkpoint was given up with is made anew",
  },
  {
    path: "packages/runtime/src/task/background-bases.ts",
    find: "if (this.#underWay.has(node) || this.#finished.has(node) || this.#damaged.get(node) === chain.files[0]?.name) return;",
    replace: "if (this.#underWay.has(node) && this.#finished.has(node) || this.#damaged.get(node) === chain.files[0]?.name) return;",
    why: "a base may be made twice",
  },
  {
    path: "packages/checkpoint/src/protocol/local-store.ts",
    find: 'const firstMissing = marker.kind === "applied" ? marker.checkpoint.checkpointId + 1 : marker.checkpoint.checkpointId;',
    replace: 'const firstMissing = marker.kind === "applied" ? marker.checkpoint.checkpointId : marker.checkpoint.checkpointId;',
    why: "changes that the store holds already are applied once more",
  },
  {
    path: "packages/checkpoint/src/protocol/local-store.ts",
    find: "if (!isRestored && !facts.ancestors.some((ancestor) => sameCheckpoint(ancestor, marker.checkpoint))) {",
    replace: "if (!isRestored || !facts.ancestors.some((ancestor) => sameCheckpoint(ancestor, marker.checkpoint))) {",
    why: "stores are filled from the checkpoint more often",
  },
  {
    path: "packages/runtime/src/task/clock-timers.ts",
    find: "for (const host of hosts) if (!host.inputEnded && host.wakeTime > now && host.wakeTime !== Number.POSITIVE_INFINITY) this.wakeAt(host.wakeTime);",
    replace:
      "for (const host of hosts) if (!host.inputEnded || host.wakeTime > now && host.wakeTime !== Number.POSITIVE_INFINITY) this.wakeAt(host.wakeTime);",
    why: "a task is woken in vain",
  },
  {
    path: "packages/runtime/src/task/clock-timers.ts",
    find: "if (time >= this.#wakeTime) return;",
    replace: "if (time > this.#wakeTime) return;",
    why: "a timer is set anew for the same time",
  },
  {
    path: "packages/runtime/src/job/store-backends.ts",
    find: "#trusted = true;",
    replace: "#trusted = false;",
    why: "local stores are filled from the checkpoint more often",
  },
  {
    path: "packages/runtime/src/job/store-backends.ts",
    find: "this.rebuilt.push(subtask);",
    replace: ";",
    why: "is only counted",
  },
  {
    path: "packages/runtime/src/task/watermark-flow.ts",
    find: "return this.#holding.size > 0 && this.#blocks(this.#pointOf(host));",
    replace: "return this.#holding.size >= 0 && this.#blocks(this.#pointOf(host));",
    why: "where nobody holds nobody blocks either",
  },
  {
    path: "packages/runtime/src/task/watermark-flow.ts",
    find: "const waits = stack.length > 1 && stack.some((other, at) => point.behind.has(other.point) || (point === other.point && at > index));",
    replace: "const waits = stack.length >= 1 && stack.some((other, at) => point.behind.has(other.point) || (point === other.point && at > index));",
    why: "an item does not wait for itself",
  },
  {
    path: "packages/runtime/src/task/source-input.ts",
    find: "this.#greeted = true;",
    replace: "this.#greeted = false;",
    why: "an edge takes one greeting only",
  },
  {
    path: "packages/runtime/src/task/operator-host.ts",
    find: "if (time < this.wakeTime) this.wakeTime = time;",
    replace: "if (time <= this.wakeTime) this.wakeTime = time;",
    why: "the same time is noted again",
  },
  {
    path: "packages/checkpoint/src/protocol/base.ts",
    find: 'if (baseBytes === undefined) return "base";',
    replace: 'if (baseBytes !== undefined) return "base";',
    why: "bases are made more often",
  },
  {
    path: "packages/checkpoint/src/storage/data-reader.ts",
    find: "const chunk = new Uint8Array(Math.min(CHUNK_BYTES, file.bytes - position));",
    replace: "const chunk = new Uint8Array(Math.max(CHUNK_BYTES, file.bytes - position));",
    why: "memory that is not used",
  },
  {
    path: "packages/runtime/src/task/gate.ts",
    find: "for (let tried = 0; tried < count; tried++) {",
    replace: "for (let tried = 0; tried <= count; tried++) {",
    why: "a channel is asked twice",
  },
  {
    path: "packages/runtime/src/task/gate.ts",
    find: "if (this.#batchPosition < to) {",
    replace: "if (this.#batchPosition <= to) {",
    why: "the chain is given nothing",
  },
  {
    path: "packages/runtime/src/job/store-backends.ts",
    find: "await this.#options.files.makeDirectory(this.#options.directory);",
    replace: ";",
    why: "the store makes it as well",
  },
  {
    path: "packages/runtime/src/job/job-run.ts",
    find: 'this.#emit({ kind: "restarting", attempt: this.#attemptNumber + 1, delayMs: decision.delayMs, error });',
    replace: 'this.#emit({ kind: "restarting", attempt: this.#attemptNumber, delayMs: decision.delayMs, error });',
    why: "a number that is told",
  },
  {
    path: "packages/runtime/src/task/replay.ts",
    find: "if (watermark === WATERMARK_MAX || watermark <= this.#watermark) return;",
    replace: "if (watermark === WATERMARK_MAX || watermark < this.#watermark) return;",
    why: "a watermark is told twice",
  },
  {
    path: "packages/runtime/src/channel/edge-writer.ts",
    find: "this.#makeRoom(Math.max(ROOM_MIN, count));",
    replace: "this.#makeRoom(Math.min(ROOM_MIN, count));",
    why: "room for the next batch, which grows",
  },
  {
    path: "packages/runtime/src/channel/edge-writer.ts",
    find: "this.#makeRoom(Math.max(ROOM_MIN, count));",
    replace: ";",
    why: "room for the next batch",
  },
  {
    path: "packages/runtime/src/job/publication.ts",
    find: "cancel();",
    replace: ";",
    why: "a pause that is over ends once more",
  },
  {
    path: "packages/checkpoint/src/protocol/lineage.ts",
    find: "ancestors.push(identityOf(next));",
    replace: ";",
    why: "local stores are filled from the checkpoint more often",
  },
  {
    path: "packages/checkpoint/src/protocol/lineage.ts",
    find: "if (parentCheckpointId === undefined || parentCheckpointId >= manifest.checkpointId) return undefined;",
    replace: "if (parentCheckpointId !== undefined || parentCheckpointId >= manifest.checkpointId) return undefined;",
    why: "local stores are filled from the checkpoint more often",
  },
  {
    path: "packages/checkpoint/src/storage/taken-in.ts",
    find: 'return error instanceof MillraceError && error.code === "STATE_CORRUPT";',
    replace: 'return error instanceof MillraceError || error.code === "STATE_CORRUPT";',
    why: "a local store is given up for other errors, too, and filled from the checkpoint",
  },
  {
    path: "packages/runtime/src/job/build-task.ts",
    find: "watermarkOf: (node) => byNode.get(node)?.watermark ?? (node === program.head ? source?.watermark : undefined),",
    replace: "watermarkOf: (node) => byNode.get(node)?.watermark ?? (node !== program.head ? source?.watermark : undefined),",
    why: "what the status shows",
  },
  {
    path: "packages/checkpoint/src/protocol/restart.ts",
    find: "if (healthyMs >= (strategy.resetAfterMs ?? RESET_AFTER_MS)) return strategy.initialDelayMs;",
    replace: "if (healthyMs > (strategy.resetAfterMs ?? RESET_AFTER_MS)) return strategy.initialDelayMs;",
    why: "a delay after just so long",
  },
  {
    path: "packages/runtime/src/task/watermark-flow.ts",
    find: "if (this.#own.length > 0) this.#takeOwn();",
    replace: "if (this.#own.length >= 0) this.#takeOwn();",
    why: "a firing does not give way",
  },
  {
    path: "packages/checkpoint/src/storage/manifest-text.ts",
    find: 'if (typeof plan !== "object" || plan === null || !Object.isFrozen(plan)) return checkedJson(plan, "manifest.plan");',
    replace: 'if (typeof plan !== "object" || plan !== null || !Object.isFrozen(plan)) return checkedJson(plan, "manifest.plan");',
    why: "the text of a plan is made again",
  },
  {
    path: "packages/checkpoint/src/storage/manifest-text.ts",
    find: 'if (typeof plan !== "object" || plan === null || !Object.isFrozen(plan)) return checkedJson(plan, "manifest.plan");',
    replace: 'if (typeof plan === "object" || plan === null || !Object.isFrozen(plan)) return checkedJson(plan, "manifest.plan");',
    why: "the text of a plan is made again",
  },
  {
    path: "packages/checkpoint/src/storage/manifest-text.ts",
    find: 'if (typeof plan !== "object" || plan === null || !Object.isFrozen(plan)) return checkedJson(plan, "manifest.plan");',
    replace: 'if (typeof plan !== "object" && plan === null || !Object.isFrozen(plan)) return checkedJson(plan, "manifest.plan");',
    why: "a plan is a frozen object",
  },
  {
    path: "packages/checkpoint/src/storage/manifest-text.ts",
    find: 'return typeof value === "object" && value !== null && !Array.isArray(value);',
    replace: 'return typeof value === "object" || value !== null && !Array.isArray(value);',
    why: "what has the right checksum is what this engine wrote",
  },
  {
    path: "packages/runtime/src/task/operator-host.ts",
    find: "sides.set(name, emit);",
    replace: ";",
    why: "the way to a side output is looked up again",
  },
  {
    path: "packages/runtime/src/task/clock-timers.ts",
    find: "for (const host of hosts) if (!host.inputEnded && host.wakeTime > now && host.wakeTime !== Number.POSITIVE_INFINITY) this.wakeAt(host.wakeTime);",
    replace:
      "for (const host of hosts) if (!host.inputEnded && host.wakeTime >= now && host.wakeTime !== Number.POSITIVE_INFINITY) this.wakeAt(host.wakeTime);",
    why: "a task is woken in vain",
  },
  {
    path: "packages/runtime/src/task/gate.ts",
    find: "if (restored.length > 0) this.#replay = new Replay(restored, target, options.reached);",
    replace: "if (restored.length >= 0) this.#replay = new Replay(restored, target, options.reached);",
    why: "where nothing was under way nothing comes again",
  },
  {
    path: "packages/checkpoint/src/protocol/base.ts",
    find: 'return deltaBytes > baseBytes || deltaCount >= DELTAS_MAX ? "base" : "delta";',
    replace: 'return deltaBytes > baseBytes && deltaCount >= DELTAS_MAX ? "base" : "delta";',
    why: "bases are made less often",
  },
  {
    path: "packages/runtime/src/task/watermark-flow.ts",
    find: "if (!firing || watermark === WATERMARK_MAX) return;",
    replace: "if (!firing && watermark === WATERMARK_MAX) return;",
    why: "watermarks of before a restore are told again",
  },
  {
    path: "packages/runtime/src/task/task-checkpoint.ts",
    find: 'return decideBase({ baseBytes: base?.bytes, deltaBytes, deltaCount: deltas.length }) === "base";',
    replace: 'return decideBase({ baseBytes: base?.bytes, deltaBytes, deltaCount: deltas.length }) !== "base";',
    why: "bases are made at other times",
  },
  {
    path: "packages/checkpoint/src/storage/names.ts",
    find: "return id > 0 && Number.isSafeInteger(id) && manifestName(id) === name ? id : undefined;",
    replace: "return id >= 0 && Number.isSafeInteger(id) && manifestName(id) === name ? id : undefined;",
    why: "no checkpoint has the id 0",
  },
  {
    path: "packages/runtime/src/task/stream-task.ts",
    find: 'if (this.#state === "draining" && this.#parts.flow.idle) this.#becomeEnded();',
    replace: 'if (this.#state === "draining" || this.#parts.flow.idle) this.#becomeEnded();',
    why: "an input is read only when all events have gone through",
  },
  {
    path: "packages/checkpoint/src/protocol/retention.ts",
    find: "const oldestNeeded = Math.min(oldestRetained, ...facts.localMarkers);",
    replace: "const oldestNeeded = Math.max(oldestRetained, ...facts.localMarkers);",
    why: "local stores are filled from the checkpoint more often",
  },
  {
    path: "packages/runtime/src/job/job-run.ts",
    find: "#storesTrusted = true;",
    replace: "#storesTrusted = false;",
    why: "local stores are filled from the checkpoint more often",
  },
  {
    path: "packages/runtime/src/task/stream-task.ts",
    find: "this.#room.close();",
    replace: ";",
    why: "a look that finds nothing to do",
  },
];
