import { seededRandom } from "@millrace/core";
import { expect, it } from "vitest";
import { LocalChannel } from "./channel.ts";
import { createEdgeWriter, type EdgeWriter } from "./edge-writer.ts";

function writerTo(channel: LocalChannel, batchRecords = 1): EdgeWriter {
  return createEdgeWriter({
    exchange: "forward",
    channels: [channel],
    subtask: 0,
    keyOf: undefined,
    partitioner: undefined,
    random: seededRandom(1),
    maxParallelism: 1,
    batchRecords,
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

it("a greeting stands in no batch, and later statuses do", () => {
  const channel = new LocalChannel({ onReadable() {}, onWritable() {} });
  const writer = writerTo(channel, 10);
  writer.push("of a timer", 1);
  writer.greet();
  writer.push("read", 2);
  writer.status("idle");
  writer.flush();
  const kinds = Array.from({ length: 3 }, () => channel.poll()?.kind);
  expect([...kinds, channel.poll()]).toEqual(["batch", "status", "batch", undefined]);
});
