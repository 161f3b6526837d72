import type { HarmlessLines } from "./harmless-lines.ts";

/** What is decided and written for checkpoints. */
export const checkpoints: HarmlessLines = {
  "protocol/base.ts": [
    ['if (baseBytes === undefined) return "base";', 'if (baseBytes !== undefined) return "base";', "bases are made more often"],
    [
      'return deltaBytes > baseBytes || deltaCount >= DELTAS_MAX ? "base" : "delta";',
      'return deltaBytes >= baseBytes || deltaCount >= DELTAS_MAX ? "base" : "delta";',
      "bases are made at other times",
    ],
    [
      'return deltaBytes > baseBytes || deltaCount >= DELTAS_MAX ? "base" : "delta";',
      'return deltaBytes > baseBytes || deltaCount > DELTAS_MAX ? "base" : "delta";',
      "bases are made at other times",
    ],
  ],
  "protocol/lineage.ts": [
    [
      "if (parentCheckpointId === undefined || parentCheckpointId >= manifest.checkpointId) return undefined;",
      "if (parentCheckpointId === undefined && parentCheckpointId >= manifest.checkpointId) return undefined;",
      "what has no parent has none among the others",
    ],
    [
      "return parent?.runId === manifest.runId ? parent : undefined;",
      "return parent?.runId !== manifest.runId ? parent : undefined;",
      "a local store that lags behind is filled anew",
    ],
    [
      "if (parentCheckpointId === undefined || parentCheckpointId >= manifest.checkpointId) return undefined;",
      "if (parentCheckpointId === undefined || parentCheckpointId > manifest.checkpointId) return undefined;",
      "no checkpoint grew from itself",
    ],
    ["ancestors.push(identityOf(next));", ";", "local stores are filled from the checkpoint more often"],
    [
      "if (parentCheckpointId === undefined || parentCheckpointId >= manifest.checkpointId) return undefined;",
      "if (parentCheckpointId !== undefined || parentCheckpointId >= manifest.checkpointId) return undefined;",
      "local stores are filled from the checkpoint more often",
    ],
  ],
  "protocol/local-store.ts": [
    [
      'const firstMissing = marker.kind === "applied" ? marker.checkpoint.checkpointId + 1 : marker.checkpoint.checkpointId;',
      'const firstMissing = marker.kind === "applied" ? marker.checkpoint.checkpointId : marker.checkpoint.checkpointId;',
      "changes that the store holds already are applied once more",
    ],
    [
      "if (!isRestored && !facts.ancestors.some((ancestor) => sameCheckpoint(ancestor, marker.checkpoint))) {",
      "if (!isRestored || !facts.ancestors.some((ancestor) => sameCheckpoint(ancestor, marker.checkpoint))) {",
      "stores are filled from the checkpoint more often",
    ],
  ],
  "protocol/redistribution.ts": [
    [
      "const to = from + each + (turn < surplus ? 1 : 0);",
      "const to = from + each + (turn <= surplus ? 1 : 0);",
      "all is dealt out, to one subtask more and to the last one less",
    ],
  ],
  "protocol/restart.ts": [
    [
      "const recent = history.failuresAtMs.filter((atMs) => atMs > nowMs - strategy.intervalMs).length + 1;",
      "const recent = history.failuresAtMs.filter((atMs) => atMs >= nowMs - strategy.intervalMs).length + 1;",
      "no failure is exactly as old",
    ],
    [
      "if (healthyMs >= (strategy.resetAfterMs ?? RESET_AFTER_MS)) return strategy.initialDelayMs;",
      "if (healthyMs > (strategy.resetAfterMs ?? RESET_AFTER_MS)) return strategy.initialDelayMs;",
      "a delay after just so long",
    ],
  ],
  "protocol/retention.ts": [
    [
      "for (let from = parents.get(id); from !== undefined && from < id; from = parents.get(id)) {",
      "for (let from = parents.get(id); from !== undefined && from <= id; from = parents.get(id)) {",
      "no checkpoint grew from itself",
    ],
    [
      "const needed = inUse.has(checkpointId) || (whole ? checkpointId >= oldestNeeded : checkpointId > newestReadable);",
      "const needed = inUse.has(checkpointId) || (whole ? checkpointId >= oldestNeeded : checkpointId >= newestReadable);",
      "a damaged checkpoint has a number of its own",
    ],
    [
      "const oldestNeeded = Math.min(oldestRetained, ...facts.localMarkers);",
      "const oldestNeeded = Math.max(oldestRetained, ...facts.localMarkers);",
      "local stores are filled from the checkpoint more often",
    ],
  ],
  "protocol/trigger.ts": [
    [
      'return facts.nowMs >= dueMs ? triggerNow(facts, "interval") : { kind: "wait", untilMs: dueMs };',
      'return facts.nowMs > dueMs ? triggerNow(facts, "interval") : { kind: "wait", untilMs: dueMs };',
      "a checkpoint begins a moment later",
    ],
    ["const dueMs = Math.max(byInterval, byPause);", "const dueMs = Math.min(byInterval, byPause);", "checkpoints come more often"],
  ],
  "storage/data-reader.ts": [
    [
      "const chunk = new Uint8Array(Math.min(CHUNK_BYTES, file.bytes - position));",
      "const chunk = new Uint8Array(Math.max(CHUNK_BYTES, file.bytes - position));",
      "memory that is not used",
    ],
  ],
  "storage/file-storage.ts": [
    ["await this.#files.syncDirectory(this.#directory);", ";", "the sync that makes a manifest's name durable is one of this, too"],
    ["await this.#refuseExisting(this.#dataPath(name));", ";", "no name is written twice"],
    ["await this.#refuseExisting(path);", ";", "no name is written twice"],
    ["checkDataName(file.name);", ";", "what has the right checksum is what this engine wrote"],
  ],
  "storage/manifest-text.ts": [
    [
      'if (typeof plan !== "object" || plan === null || !Object.isFrozen(plan)) return checkedJson(plan, "manifest.plan");',
      'if (typeof plan !== "object" || plan !== null || !Object.isFrozen(plan)) return checkedJson(plan, "manifest.plan");',
      "the text of a plan is made again",
    ],
    [
      'if (typeof plan !== "object" || plan === null || !Object.isFrozen(plan)) return checkedJson(plan, "manifest.plan");',
      'if (typeof plan === "object" || plan === null || !Object.isFrozen(plan)) return checkedJson(plan, "manifest.plan");',
      "the text of a plan is made again",
    ],
    [
      'if (typeof plan !== "object" || plan === null || !Object.isFrozen(plan)) return checkedJson(plan, "manifest.plan");',
      'if (typeof plan !== "object" && plan === null || !Object.isFrozen(plan)) return checkedJson(plan, "manifest.plan");',
      "a plan is a frozen object",
    ],
    [
      'return typeof value === "object" && value !== null && !Array.isArray(value);',
      'return typeof value === "object" || value !== null && !Array.isArray(value);',
      "what has the right checksum is what this engine wrote",
    ],
    ["planTexts.set(plan, text);", ";", "the text of a plan is made again"],
    ["checkUids(manifest, file);", ";", "what has the right checksum is what this engine wrote"],
    ["seen.add(uid);", ";", "what has the right checksum is what this engine wrote"],
  ],
  "storage/names.ts": [
    [".slice(0, 80);", ";", "longer names"],
    [
      "return id > 0 && Number.isSafeInteger(id) && manifestName(id) === name ? id : undefined;",
      "return id > 0 || Number.isSafeInteger(id) && manifestName(id) === name ? id : undefined;",
      "no other names come",
    ],
    [
      "if (subtask === undefined || checkpointId === undefined || kind === undefined) return undefined;",
      "if (subtask === undefined && checkpointId === undefined || kind === undefined) return undefined;",
      "no other names come",
    ],
    [
      "return id > 0 && Number.isSafeInteger(id) && manifestName(id) === name ? id : undefined;",
      "return id >= 0 && Number.isSafeInteger(id) && manifestName(id) === name ? id : undefined;",
      "no checkpoint has the id 0",
    ],
    [
      "if (DATA_NAME.test(name) && !name.endsWith(TEMPORARY_SUFFIX)) return;",
      "if (DATA_NAME.test(name) || !name.endsWith(TEMPORARY_SUFFIX)) return;",
      "what has the right checksum is what this engine wrote",
    ],
  ],
  "storage/taken-in.ts": [
    [
      'return error instanceof MillraceError && error.code === "STATE_CORRUPT";',
      'return error instanceof MillraceError || error.code === "STATE_CORRUPT";',
      "a local store is given up for other errors, too, and filled from the checkpoint",
    ],
  ],
  "protocol/unproven-files.ts": [
    [
      "return manifest.operators.some(({ uid, subtasks }) => subtasks.some(({ keyed }) => keyed !== undefined) && subtasks.length !== parallelismOf(uid));",
      "return manifest.operators.some(({ uid, subtasks }) => subtasks.some(({ keyed }) => keyed !== undefined) || subtasks.length !== parallelismOf(uid));",
      "local stores are filled from the checkpoint more often",
    ],
  ],
  "protocol/restore.ts": [
    ["older === undefined", "older !== undefined", "a hint alone"],
    [
      "const ofRun = facts.candidates.filter((candidate) => candidate.checkpointId >= unfinishedRunFrom);",
      "const ofRun = facts.candidates.filter((candidate) => candidate.checkpointId > unfinishedRunFrom);",
      "no checkpoint has the number at which a run begins",
    ],
  ],
  "storage/durable-write.ts": [
    ["failed(error);", ";", "what has failed has another name"],
    ["await files.remove(path);", ";", "the next collection of garbage removes it"],
    ["await removeQuietly(files, temporary);", ";", "the next collection of garbage removes it"],
  ],
};
