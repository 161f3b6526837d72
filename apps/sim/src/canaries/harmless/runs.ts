import type { HarmlessLines } from "./harmless-lines.ts";

/** What a run of a job does. */
export const runs: HarmlessLines = {
  "attempts.ts": [["storesTrusted = true;", "storesTrusted = false;", "local stores are filled from the checkpoint more often"]],
  "build-task.ts": [
    [
      "watermarkOf: (node) => byNode.get(node)?.watermark ?? (node === program.head ? source?.watermark : undefined),",
      "watermarkOf: (node) => byNode.get(node)?.watermark ?? (node !== program.head ? source?.watermark : undefined),",
      "what the status shows",
    ],
    [
      'else if (head !== undefined && head.watermark > WATERMARK_MIN) flow.accept({ kind: "watermark", watermark: head.watermark });',
      'else if (head !== undefined && head.watermark >= WATERMARK_MIN) flow.accept({ kind: "watermark", watermark: head.watermark });',
      "a watermark that says nothing",
    ],
  ],
  "committers.ts": [
    [
      "const other = place === undefined ? undefined : places.get(place);",
      "const other = place !== undefined ? undefined : places.get(place);",
      "no two sinks of the simulator write to one place",
    ],
    [
      "if (place !== undefined && other !== undefined) throw writtenTwice(place, [other, node.uid]);",
      "if (place === undefined && other !== undefined) throw writtenTwice(place, [other, node.uid]);",
      "no two sinks of the simulator write to one place",
    ],
    [
      "if (place !== undefined) places.set(place, node.uid);",
      "if (place === undefined) places.set(place, node.uid);",
      "no two sinks of the simulator write to one place",
    ],
  ],
  "deployed-task.ts": [
    [
      "const skipped = node === physical.head ? source?.skipped : undefined;",
      "const skipped = node !== physical.head ? source?.skipped : undefined;",
      "what the status shows",
    ],
    [
      "return { ...counters, node, watermark, ...(skipped === undefined ? {} : { skipped }) };",
      "return { ...counters, node, watermark, ...(skipped !== undefined ? {} : { skipped }) };",
      "what the status shows",
    ],
  ],
  "job-run.ts": [
    ["this.#restarts.cancel();", ";", "what was to begin finds that the run is over"],
    [
      'this.#emit({ kind: "restarting", attempt: this.#attempts.count + 1, delayMs: decision.delayMs, error });',
      'this.#emit({ kind: "restarting", attempt: this.#attempts.count, delayMs: decision.delayMs, error });',
      "a number that is told",
    ],
  ],
  "publication.ts": [
    ["cancel();", ";", "a pause that is over ends once more"],
    [
      "if (output.committables.length > 0) published.push(output.uid);",
      "if (output.committables.length >= 0) published.push(output.uid);",
      "what an error tells",
    ],
    ["await this.#pause(decision.delayMs);", ";", "it is tried again at once"],
  ],
  "restarts.ts": [["this.#cancel?.();", ";", "what was to begin finds that the run is over"]],
  "restored-in-flight.ts": [
    [
      'const kept = elements.filter((element) => element.kind !== "batch" || element.values.length > 0);',
      'const kept = elements.filter((element) => element.kind !== "batch" || element.values.length >= 0);',
      "an empty batch",
    ],
  ],
  "restored-state.ts": [
    [
      "return a.start <= b.end && b.start <= a.end;",
      "return a.start <= b.end || b.start <= a.end;",
      "files are read that hold nothing of the subtask",
    ],
    [
      "if (all.length > 0) result.set(operator.uid, all);",
      "if (all.length >= 0) result.set(operator.uid, all);",
      "where nothing is to be published nothing is",
    ],
  ],
  "store-backends.ts": [
    [
      'await store.setMarker({ kind: "applied", checkpoint: identityOf(restored) as unknown as Json });',
      ";",
      "a process that dies before its first checkpoint leaves a store that is filled anew",
    ],
    ["#migrated = false;", "#migrated = true;", "prepare says it"],
    [
      'if (marker === undefined || isStrange || decisions.some(({ decision }) => decision.kind === "rebuild")) {',
      'if (marker !== undefined || isStrange || decisions.some(({ decision }) => decision.kind === "rebuild")) {',
      "a local store is filled anew",
    ],
    [
      "this.#trusted = true;",
      "this.#trusted = false;",
      "local stores of the attempt before are read from the checkpoint again: slower, and the same",
    ],
    ["#trusted = true;", "#trusted = false;", "local stores are filled from the checkpoint more often"],
    ["this.rebuilt.push(subtask);", ";", "is only counted"],
    ["await this.#options.files.makeDirectory(this.#options.directory);", ";", "the store makes it as well"],
  ],
  "open-backend.ts": [
    [
      'if (body.keySelectors.length === 0 || body.keyedState === "none") return undefined;',
      'if (body.keySelectors.length === 0 && body.keyedState === "none") return undefined;',
      "a node without state has a backend that it does not use",
    ],
  ],
  "overtakable-edges.ts": [
    [
      "for (const { id, fromTask, toTask } of edges) if (toTask === task && !overtakable.has(id)) wait(fromTask);",
      "for (const { id, fromTask, toTask } of edges) if (toTask === task || !overtakable.has(id)) wait(fromTask);",
      "fewer edges are overtaken, so checkpoints wait",
    ],
    [
      "if (overtakable.has(id) && leadsTo(task, fromTask, ways)) behind.get(toTask)?.forEach(block);",
      "if (overtakable.has(id) || leadsTo(task, fromTask, ways)) behind.get(toTask)?.forEach(block);",
      "fewer edges are overtaken, so checkpoints wait",
    ],
    [
      "if (toTask === task && !overtakable.has(id)) wait(fromTask);",
      "if (toTask === task || !overtakable.has(id)) wait(fromTask);",
      "fewer edges are overtaken, so checkpoints wait",
    ],
    [
      "if (fromTask !== from || found.has(toTask)) continue;",
      "if (fromTask !== from && found.has(toTask)) continue;",
      "fewer edges are overtaken, so checkpoints wait",
    ],
    ["blocking.add(task);", ";", "a task is asked again"],
    [
      'return exchange === "hash" || exchange === "rebalance" || exchange === "shuffle";',
      'return exchange === "hash" && exchange === "rebalance" || exchange === "shuffle";',
      "fewer edges are overtaken, so checkpoints wait",
    ],
  ],
  "heap-backends.ts": [["this.#emptied.clear();", ";", "files that nobody reads stay until the next process"]],
  "savepoints.ts": [["this.#underWay.delete(taking);", ";", "a savepoint that is done is waited for at the end of the run"]],
};
