import { seededRandom } from "@millrace/core";
import { expect, it } from "vitest";
import { LocalChannel } from "./channel.ts";
import { createEdgeWriter, type EdgeWriter } from "./edge-writer.ts";

function writerTo(channel: LocalChannel): EdgeWriter {
  return createEdgeWriter({
    exchange: "forward",
    channels: [channel],
    subtask: 0,
    keyOf: undefined,
    partitioner: undefined,
    random: seededRandom(1),
    maxParallelism: 1,
    batchRecords: 1,
    control: { interrupt: false },
  });
}

it("a greeting says that event time counts from here, unless something was said of it before", () => {
  const channel = new LocalChannel({ onReadable() {}, onWritable() {} });
  writerTo(channel).greet();
  expect(channel.poll()).toEqual({ kind: "status", status: "active" });
  const writer = writerTo(channel);
  writer.status("idle");
  writer.greet();
  expect([channel.poll(), channel.poll()]).toEqual([{ kind: "status", status: "idle" }, undefined]);
});
