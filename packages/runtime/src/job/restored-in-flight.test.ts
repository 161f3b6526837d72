import type { CheckpointManifest, SubtaskSnapshot } from "@millrace/contracts";
import { expect, it } from "vitest";
import { ageAfter } from "./restored-in-flight.ts";

function manifest(...ages: readonly (readonly number[])[]): CheckpointManifest {
  const subtasks = ages.map((own, subtask): SubtaskSnapshot => {
    const channels = own.map((age) => ({
      from: "in",
      output: "",
      input: 0 as const,
      sender: 0,
      watermark: "min" as const,
      idle: false,
      age,
      elements: 1,
    }));
    return { subtask, ...(own.length > 0 && { inFlight: { file: { name: "f", bytes: 1, checksum: "0" }, channels } }) } as SubtaskSnapshot;
  });
  return { operators: [{ uid: "windows", subtasks }] } as unknown as CheckpointManifest;
}

it("what is sent after a restore is younger than all that was overtaken, whichever subtask it is sent to", () => {
  expect(ageAfter(manifest([], []), "windows")).toBe(0);
  expect(ageAfter(manifest([0], []), "windows")).toBe(1);
  // One subtask was still at what an earlier checkpoint had overtaken, the other was not: the next checkpoint may put both into one.
  expect(ageAfter(manifest([0, 1], [1], []), "windows")).toBe(2);
  expect(ageAfter(manifest([0, 1]), "others")).toBe(0);
});
