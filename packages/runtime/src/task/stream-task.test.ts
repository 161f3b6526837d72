import { nodePorts } from "@millrace/core/node";
import { createActivityClock } from "@millrace/operators";
import { expect, it } from "vitest";
import { progress, type TaskInput } from "./input.ts";
import { StreamTask } from "./stream-task.ts";
import type { TaskParts } from "./task-parts.ts";

/** A task that has nothing behind it, and how often it has said that it has ended. */
function taskOver(input: Pick<TaskInput, "step">, flow: { ended: boolean; idle: boolean; holding: boolean }) {
  const said = { ended: 0 };
  const parts = {
    program: { name: "out", head: 0, nodes: [] },
    subtask: 0,
    code: { settleMetrics: () => undefined },
    control: { interrupt: false },
    input,
    flow: { ...flow, stuck: false },
    hosts: [],
    sinks: [],
    edges: [],
    ports: nodePorts,
    active: createActivityClock(() => 0),
    stateRoom: { noRoom: () => false, tell: () => undefined },
    listener: {
      ended: () => {
        said.ended++;
      },
      failed: (error: unknown) => {
        throw error;
      },
    },
  };
  return { task: new StreamTask(parts as unknown as TaskParts, () => undefined), said };
}

const never = (): boolean => false;

/** Among many channels one always has a barrier, where each checkpoint follows on the one before. */
const barriersWithoutEnd: Pick<TaskInput, "step"> = { step: () => progress };

it("has ended when all has been emitted, however many barriers follow", () => {
  const { task, said } = taskOver(barriersWithoutEnd, { ended: true, idle: true, holding: false });
  for (let step = 0; step < 3; step++) expect(task.step(never)).toBe(true);
  expect(task.state).toBe("ended");
  expect(said.ended).toBe(1);
});

it.each([
  { why: "there is more to come", ended: false, idle: true, holding: false },
  { why: "an operator holds", ended: true, idle: true, holding: true },
])("has not ended while $why", (flow) => {
  const { task, said } = taskOver(barriersWithoutEnd, flow);
  for (let step = 0; step < 3; step++) task.step(never);
  expect(task.state).toBe("running");
  expect(said.ended).toBe(0);
});
