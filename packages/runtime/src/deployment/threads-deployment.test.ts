import { expect, it } from "vitest";
import type { DeploymentListener, DeploymentOrder } from "./deployment.ts";
import type { ThreadCommand } from "./thread-protocol.ts";
import { inThreads, type ThreadListener, type ThreadsOptions } from "./threads-deployment.ts";

/** Two threads that are ready and do nothing; what each is told, and how it answers. */
function twoThreads() {
  const told: ThreadCommand[][] = [[], []];
  const listeners: ThreadListener[] = [];
  const time = { nowMs: 0 };
  const options = {
    ports: { clock: { monotonic: () => time.nowMs } },
    threads: 2,
    startThread: (thread: number, listener: ThreadListener) => {
      listeners[thread] = listener;
      return { post: (command: ThreadCommand) => told[thread]?.push(command), terminate: async () => undefined };
    },
  } as unknown as ThreadsOptions;
  const deployment = inThreads(options)({ physical: { tasks: [] } } as unknown as DeploymentOrder, {} as DeploymentListener);
  const questions = (thread: number) => (told[thread] ?? []).filter(({ kind }) => kind === "status") as { readonly request: number }[];
  const answer = (thread: number): void => {
    const request = questions(thread).at(-1)?.request ?? 0;
    listeners[thread]?.event({ kind: "answer", request, answer: { localMarkers: [], status: [], outputs: [] } });
  };
  return { deployment, questions, answer, time };
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
