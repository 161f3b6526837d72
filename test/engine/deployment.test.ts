import { nodePorts } from "@millrace/core/node";
import { workHere } from "@millrace/state";
import { buildJob, type Collector, collection, defineJob, discard, t } from "millrace";
import { describe, expect, it, vi } from "vitest";
import type { SourceSplit } from "../../packages/contracts/src/index.ts";
import { type JobGraph, type PhysicalPlan, toPhysical } from "../../packages/plan/src/index.ts";
import type { Deployer, Deployment, DeploymentListener } from "../../packages/runtime/src/deployment/deployment.ts";
import { serveThread } from "../../packages/runtime/src/deployment/serve-thread.ts";
import type { TaskSettings } from "../../packages/runtime/src/deployment/task-settings.ts";
import { inThisThread } from "../../packages/runtime/src/deployment/thread-deployment.ts";
import type { ThreadCommand } from "../../packages/runtime/src/deployment/thread-protocol.ts";
import { inThreads, type ThreadListener } from "../../packages/runtime/src/deployment/threads-deployment.ts";
import { HeapBackends } from "../../packages/runtime/src/job/heap-backends.ts";

/** How long a machine that is busy with other things may take. */
const patienceMs = 20_000;

// What every deployment owes the coordinator. The second one speaks the protocol of worker threads and uses their rings,
// with both ends in this thread, so that nothing but real threads is missing.

const implementations: Readonly<Record<string, (settings: TaskSettings) => Deployer>> = {
  "in one thread": inThisThread,
  "over the protocol of threads": (settings) =>
    inThreads({
      ports: nodePorts,
      threads: 2,
      startThread: (_index, listener) => startHere(settings, listener),
    }),
};

/** No test here goes on until a new base is made. */
function heapBackends(): HeapBackends {
  const { files } = nodePorts;
  return new HeapBackends({ files, directory: "/nowhere", checkpoints: "/nowhere", work: () => workHere(files) });
}

function startHere(settings: TaskSettings, listener: ThreadListener) {
  let gone = false;
  const serve = serveThread({ ...settings, backends: heapBackends() }, (event) => {
    // As over a message port: a copy, later.
    const copy = structuredClone(event);
    setImmediate(() => {
      if (!gone) listener.event(copy);
    });
  });
  setImmediate(() => listener.event({ kind: "ready" }));
  return {
    post: (command: ThreadCommand) => {
      setImmediate(() => {
        if (!gone) serve(structuredClone(command));
      });
    },
    terminate: async () => {
      gone = true;
    },
  };
}

const parallelism = 2;

function graphOf(fail: { readonly opening?: boolean; readonly at?: number } = {}): JobGraph {
  const numbers = Array.from({ length: 500 }, (_, n) => n);
  return buildJob(
    defineJob("deployed", (env) => {
      env
        .from(collection(numbers), { uid: "numbers" })
        .keyBy((n) => n % 7)
        .reduce((a, b) => a + b, { uid: "sums", codec: t.integer() })
        .process(
          {
            open() {
              if (fail.opening === true) throw new Error("can't be opened");
            },
            processElement(n, _context, out: Collector<number>) {
              if (n === fail.at) throw new Error("bad record");
              out.collect(n);
            },
          },
          { uid: "checked" },
        )
        .to(discard(), { uid: "out" });
    }),
  );
}

interface Setting {
  readonly deployment: Deployment;
  readonly physical: PhysicalPlan;
  readonly heard: { [M in keyof DeploymentListener]: ReturnType<typeof vi.fn> };
  /** Deals the one split out to whoever asks first. */
  readonly deal: () => void;
}

function set(make: (settings: TaskSettings) => Deployer, graph: JobGraph): Setting {
  const physical = toPhysical(graph.plan, { parallelism });
  const settings: TaskSettings = {
    graph,
    ports: nodePorts,
    runId: "run",
    ancestorRunIds: [],
    batchRecords: 8,
    dev: false,
    interpret: false,
    overwrite: false,
    exactlyOnce: true,
    checkpointIntervalMs: undefined,
    backends: heapBackends(),
    storage: memoryStorage(),
    restoredData: undefined,
  } as unknown as TaskSettings;
  const heard = Object.fromEntries(
    ["acknowledged", "declined", "ended", "failed", "warn", "wantsCheckpoint", "requestSplit"].map((name) => [name, vi.fn()]),
  ) as Setting["heard"];
  const deployment = make(settings)(
    { physical, restored: undefined, others: [], resumed: false, migrated: undefined, storesTrusted: false },
    heard as unknown as DeploymentListener,
  );
  const split = { id: "collection", next: 0, step: 1, end: 500 } as unknown as SourceSplit;
  const deal = (): void => {
    deployment.assignSplits(0, 0, [split]);
    for (let subtask = 0; subtask < parallelism; subtask++) deployment.noMoreSplits(0, subtask);
  };
  return { deployment, physical, heard, deal };
}

/** Takes files and forgets them: what is in them is the matter of other suites. */
function memoryStorage(): unknown {
  return {
    writeData: async (name: string, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) => {
      let bytes = 0;
      for await (const chunk of chunks) bytes += chunk.length;
      return { name, bytes, checksum: "00000000" };
    },
  };
}

const times = (mock: ReturnType<typeof vi.fn>): number => mock.mock.calls.length;

describe.each(Object.entries(implementations))("a deployment %s", (_name, make) => {
  it("knows its subtasks before it is deployed, and runs them all to their end", async () => {
    const { deployment, physical, heard, deal } = set(make, graphOf());
    expect(deployment.subtasks).toHaveLength(physical.tasks.length * parallelism);
    await deployment.deploy();
    deployment.start();
    deal();
    await vi.waitFor(() => expect(times(heard.ended)).toBe(deployment.subtasks.length), patienceMs);
    expect(heard.ended.mock.calls.map(([id]) => id).sort()).toEqual(deployment.subtasks.map(({ id }) => id).sort());
    await deployment.close();
    const out = deployment.status().flatMap(({ nodes }) => nodes.filter(({ node }) => node === 3));
    expect(out.reduce((sum, { recordsIn }) => sum + recordsIn, 0)).toBe(500);
    expect(heard.failed).not.toHaveBeenCalled();
  });

  it("acknowledges a checkpoint once in each subtask, also after one that was given up and after the end", async () => {
    const { deployment, heard, deal } = set(make, graphOf());
    await deployment.deploy();
    deployment.start();
    const options = { full: false, alignmentTimeoutMs: Number.POSITIVE_INFINITY, suspends: false };
    deployment.triggerCheckpoint(1, options);
    deployment.abortCheckpoint(1);
    deal();
    deployment.triggerCheckpoint(2, options);
    const of = (id: number) => heard.acknowledged.mock.calls.filter(([, checkpointId]) => checkpointId === id);
    await vi.waitFor(() => expect(of(2)).toHaveLength(deployment.subtasks.length), patienceMs);
    await deployment.completeCheckpoint(2);
    await vi.waitFor(() => expect(times(heard.ended)).toBe(deployment.subtasks.length), patienceMs);
    deployment.triggerCheckpoint(3, options);
    await vi.waitFor(() => expect(of(3)).toHaveLength(deployment.subtasks.length), patienceMs);
    const finished = of(3).flatMap(([, , nodes]) => nodes.filter((one: { uid: string }) => one.uid === "numbers"));
    expect(finished.every(({ snapshot }) => snapshot.finished === true)).toBe(true);
    await deployment.close();
  });

  it.each(["resumed", "given up"])("reads nothing behind a barrier that suspends until the checkpoint is %s", async (release) => {
    const { deployment, heard, deal } = set(make, graphOf());
    await deployment.deploy();
    deployment.start();
    deployment.triggerCheckpoint(1, { full: false, alignmentTimeoutMs: Number.POSITIVE_INFINITY, suspends: true });
    deal();
    await vi.waitFor(() => expect(times(heard.acknowledged)).toBe(deployment.subtasks.length), patienceMs);
    if (release === "resumed") await deployment.completeCheckpoint(1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(heard.ended).not.toHaveBeenCalled();
    if (release === "resumed") deployment.resume();
    else deployment.abortCheckpoint(1);
    await vi.waitFor(() => expect(times(heard.ended)).toBe(deployment.subtasks.length), patienceMs);
    await deployment.close();
  });

  it("says where a task failed", async () => {
    const { deployment, heard, deal } = set(make, graphOf({ at: 3 }));
    await deployment.deploy();
    deployment.start();
    deal();
    await vi.waitFor(() => expect(heard.failed).toHaveBeenCalled(), patienceMs);
    expect(heard.failed.mock.calls[0]?.[0]).toMatchObject({
      code: "USER_FUNCTION",
      where: { uid: "checked" },
      message: expect.stringMatching(/bad record/),
    });
    await deployment.close();
  });

  it("that can't be built says why, and is let go", async () => {
    const { deployment } = set(make, graphOf({ opening: true }));
    await expect(deployment.deploy()).rejects.toMatchObject({ where: { uid: "checked" } });
    await deployment.close();
  });
});
