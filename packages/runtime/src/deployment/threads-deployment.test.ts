import { expect, it } from "vitest";
import type { DeploymentListener, DeploymentOrder } from "./deployment.ts";
import type { ThreadCommand } from "./thread-protocol.ts";
import { inThreads, type ThreadListener, type ThreadsOptions } from "./threads-deployment.ts";

/** Two threads that do nothing; what each is told, and how it answers. */
function twoThreads() {
  const told: ThreadCommand[][] = [[], []];
  const listeners: ThreadListener[] = [];
  const time = { nowMs: 0 };
  const warnings: unknown[] = [];
  const timers = new Set<{ readonly ms: number; readonly callback: () => void }>();
  const options = {
    ports: {
      clock: { monotonic: () => time.nowMs },
      scheduler: {
        after: (ms: number, callback: () => void) => {
          const timer = { ms, callback };
          timers.add(timer);
          return () => timers.delete(timer);
        },
      },
    },
    threads: 2,
    startThread: (thread: number, listener: ThreadListener) => {
      listeners[thread] = listener;
      return { post: (command: ThreadCommand) => told[thread]?.push(command), terminate: async () => undefined };
    },
  } as unknown as ThreadsOptions;
  const listener = { warn: (warning: unknown) => warnings.push(warning) } as unknown as DeploymentListener;
  const deployment = inThreads(options)({ physical: { tasks: [] } } as unknown as DeploymentOrder, listener);
  const questions = (thread: number) => (told[thread] ?? []).filter(({ kind }) => kind === "status") as { readonly request: number }[];
  const answer = (thread: number): void => {
    const request = questions(thread).at(-1)?.request ?? 0;
    listeners[thread]?.event({ kind: "answer", request, answer: { localMarkers: [], status: [], outputs: [] } });
  };
  const ready = (thread: number): void => listeners[thread]?.event({ kind: "ready" });
  return { deployment, told, questions, answer, ready, time, timers, warnings };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

it("a thread that does not answer is asked for its status once, however often somebody looks", async () => {
  const { deployment, questions, answer, time } = twoThreads();
  void deployment.deploy();
  for (let looks = 0; looks < 100; looks++) {
    time.nowMs += 1_000;
    deployment.status();
    answer(0);
    await turn();
  }
  expect([questions(0).length, questions(1).length]).toEqual([100, 1]);
  answer(1);
  await turn();
  time.nowMs += 1_000;
  deployment.status();
  expect(questions(1).length).toBe(2);
});

it("a thread that has not loaded the job's module in time is named, and waited for", async () => {
  const { deployment, ready, timers, warnings } = twoThreads();
  void deployment.deploy();
  ready(0);
  for (const { callback } of timers) callback();
  expect(warnings).toMatchObject([
    { code: "WORKER_LOADING", message: "worker 1 has not loaded the job's module after 30 s, and the job waits for that" },
  ]);
  ready(1);
  expect(timers.size).toBe(0);
});

it("nobody is named when all threads have loaded, or when the deployment is closed", async () => {
  for (const end of ["ready", "closed"] as const) {
    const { deployment, ready, timers } = twoThreads();
    void deployment.deploy();
    ready(1);
    expect(timers.size).toBe(1);
    if (end === "ready") ready(0);
    else void deployment.close();
    expect([...timers].filter(({ ms }) => ms === 30_000)).toEqual([]);
  }
});

it("a thread that has loaded the job when the deployment is closed opens nothing any more", async () => {
  const { deployment, told, ready } = twoThreads();
  void deployment.deploy();
  void deployment.close();
  ready(0);
  await turn();
  expect(told[0]?.map(({ kind }) => kind)).toEqual(["close"]);
});
