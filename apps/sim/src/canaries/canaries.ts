import type { SourceChange } from "./plant.ts";

/** A bug that stream processors have shipped, put into the engine to see that the simulator finds it. */
export interface Canary {
  readonly name: string;
  readonly what: string;
  readonly changes: readonly SourceChange[];
}

export const canaries: readonly Canary[] = [
  {
    name: "timer-not-in-snapshot",
    what: "a timer set just before the barrier is missing in the checkpoint",
    changes: [
      {
        path: "packages/state/src/timers/timer-snapshot.ts",
        find: "if (timer.born !== CANCELLED) this.#put(service, set, timer);",
        replace: "if (timer.born !== CANCELLED && count % 8 !== 7) this.#put(service, set, timer);",
      },
    ],
  },
  {
    name: "commit-before-manifest",
    what: "output is published before the checkpoint exists",
    changes: [
      {
        path: "packages/runtime/src/job/checkpoints/checkpoint-coordinator.ts",
        find: "      await this.#storage.writeManifest(manifest);",
        replace: "      await this.#listener.commit(manifest);\n      await this.#storage.writeManifest(manifest);",
      },
    ],
  },
  {
    name: "restarted-behind-its-savepoint",
    what: "a job works on while its last savepoint is written, is restarted when it fails there, and publishes on",
    changes: [
      {
        path: "packages/runtime/src/task/task-checkpoints.ts",
        find: "    if (!barrier.suspends) return;\n",
        replace: "    if (!barrier.suspends || checkpointId > 0) return;\n",
      },
      {
        path: "packages/runtime/src/job/stopping.ts",
        find: "!this.#attempt.checkpoints.suspendedBy(this.suspends)",
        replace: "this.#failure === undefined",
      },
    ],
  },
  {
    name: "manifest-without-fsync",
    what: "files of checkpoints are renamed without having been synced",
    changes: [{ path: "packages/checkpoint/src/storage/durable-write.ts", find: "      await handle.sync();\n", replace: "" }],
  },
  {
    name: "directory-without-fsync",
    what: "the directory of the output is not synced after publishing",
    changes: [
      {
        path: "packages/connectors/src/files/sink/writer.ts",
        find: "    for (const path of this.#dirty) this.#syncDirectory(posix.join(this.#options.directory, path));\n",
        replace: "",
      },
    ],
  },
  {
    name: "barrier-overtakes-records",
    what: "records that were batched before a barrier travel behind it",
    changes: [
      {
        path: "packages/runtime/src/channel/edge-writer.ts",
        find: "  control(element: BarrierElement | EndElement): void {\n    this.flush();\n",
        replace: '  control(element: BarrierElement | EndElement): void {\n    if (element.kind !== "barrier") this.flush();\n',
      },
    ],
  },
  {
    name: "no-alignment",
    what: "a channel is read on while it waits for the barriers of the others",
    changes: [
      {
        path: "packages/runtime/src/task/gate.ts",
        find: "      if (this.#alignment.holds(index)) continue;\n",
        replace: "",
      },
    ],
  },
  {
    name: "offset-one-record-early",
    what: "a restored split reads its last record again",
    changes: [
      {
        path: "packages/connectors/src/files/source/split-reading.ts",
        find: "return { ...this.#split, file: this.#identity, offset, line, records, decoder };",
        replace:
          "return { ...this.#split, file: this.#identity, offset: this.#stream.lastLine > 1 ? this.#stream.lastOffset : offset, line, records, decoder };",
      },
    ],
  },
  {
    name: "key-group-lost-on-rescale",
    what: "the first key group of a range goes to nobody when parallelism changes",
    changes: [
      {
        path: "packages/runtime/src/job/restored-state.ts",
        find: "  return a.start <= b.end && b.start <= a.end;",
        replace: "  return a.start < b.end && b.start < a.start;",
      },
    ],
  },
  {
    name: "late-record-recreates-window",
    what: "a record whose window is over makes it anew",
    changes: [
      {
        path: "packages/operators/src/windows/operator/lateness.ts",
        find: "return time <= this.#context.currentWatermark() || time <= BEGINNING_OF_TIME;",
        replace: "return false;",
      },
    ],
  },
  {
    name: "double-commit",
    what: "a failure while a checkpoint is being published restarts from the one before it",
    changes: [
      {
        path: "packages/runtime/src/job/job-run.ts",
        find: "        this.#attempts.completed(manifest);\n        await this.#sinks.commit(manifest);\n",
        replace: "        await this.#sinks.commit(manifest);\n        this.#attempts.completed(manifest);\n",
      },
    ],
  },
  {
    name: "aborted-changes-dropped",
    what: "what an aborted checkpoint had set aside is not in the next one",
    changes: [
      {
        path: "packages/state/src/cells/changes.ts",
        find: "      if ((this.#stateOf(slot) & EPOCH_MASK) === frozen.number) this.#list(slot);\n",
        replace: "",
      },
    ],
  },
  {
    name: "watermark-at-the-end-only",
    what: "a source tells nobody how far event time has come, until its input ends",
    changes: [
      {
        path: "packages/runtime/src/task/split-times.ts",
        find: "    due.watermarks++;\n    due.generator.onPeriodicEmit(due.output);\n",
        replace: "    due.watermarks++;\n",
      },
    ],
  },
  {
    name: "quiet-source-holds-back",
    what: "what a live source has seen before it fell quiet waits for its next record",
    changes: [
      {
        path: "packages/runtime/src/task/split-times.ts",
        find: "      split.records = 0;\n      split.generator.onPeriodicEmit(split.output);\n",
        replace: "      split.records = 0;\n",
      },
    ],
  },
  {
    name: "idle-holds-back",
    what: "a source that has nothing to read holds event time back, though it was to be idle by then",
    changes: [
      {
        path: "packages/operators/src/watermarks/multiplexer.ts",
        find: "    if (this.#idle) this.#output.markIdle();\n",
        replace: "",
      },
    ],
  },
  {
    name: "idle-for-ever",
    what: "a source that was idle and reads again is taken for idle still",
    changes: [
      {
        path: "packages/operators/src/watermarks/watermark-emitter.ts",
        find: "      emitter.markActive();\n",
        replace: "",
      },
    ],
  },
  {
    name: "cut-firing-not-resumed",
    what: "what a checkpoint cut in the middle of a firing waits for the next watermark after a restore",
    changes: [{ path: "packages/runtime/src/job/build-task.ts", find: "      host.firing = restored.firing;\n", replace: "" }],
  },
  {
    name: "batch-waits-for-barrier",
    what: "a half-full batch stays where it is when there is no more input, until a barrier pushes it",
    changes: [
      {
        path: "packages/runtime/src/task/stream-task.ts",
        find: "    for (const edge of this.#parts.edges) edge.flush();\n  }\n\n  #becomeEnded",
        replace: "  }\n\n  #becomeEnded",
      },
    ],
  },
  {
    name: "split-dealt-before-barrier",
    what: "a split that is dealt between the enumerator's snapshot and the barrier is in both",
    changes: [
      {
        path: "packages/runtime/src/task/task-checkpoints.ts",
        find: "    if (this.#requested !== undefined || this.#closed) return;\n",
        replace: "    if (this.#closed) return;\n",
      },
    ],
  },
  {
    name: "never-at-rest",
    what: "a task that has nothing to do looks for something all the time",
    changes: [
      {
        path: "packages/runtime/src/task/task-checkpoints.ts",
        find: "    return this.#requested !== undefined;",
        replace: "    return this.#requested === undefined;",
      },
    ],
  },
  {
    name: "orders-refused",
    what: "a job that is well takes no savepoint and does not rescale",
    changes: [
      {
        path: "packages/runtime/src/job/run-requests.ts",
        find: "if (settings.storage === undefined) throw withoutCheckpoints",
        replace: "if (settings.storage !== undefined) throw withoutCheckpoints",
      },
    ],
  },
  {
    name: "rotten-store-keeps-down",
    what: "a damaged local store keeps the job from coming up, though its checkpoint is whole",
    changes: [
      {
        path: "packages/runtime/src/job/job-run.ts",
        find: "      if (!tellsOfDamage(error)) throw error;\n",
        replace: "      throw error;\n",
      },
    ],
  },
  {
    name: "file-left-open",
    what: "each checkpoint leaves a file open, until there is no handle left",
    changes: [{ path: "packages/checkpoint/src/storage/durable-write.ts", find: "await handle.close();", replace: "" }],
  },
  {
    name: "base-never-forgotten",
    what: "a base that a checkpoint has taken waits to be taken for ever, so that none is made after it",
    changes: [
      {
        path: "packages/runtime/src/task/background-bases.ts",
        find: "    if (adopted !== undefined && chain.files[0]?.name === adopted) this.#finished.delete(node);\n",
        replace: "",
      },
    ],
  },
];
