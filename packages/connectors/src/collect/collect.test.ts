import { nodePorts } from "@millrace/core/node";
import { SinkDriver } from "@millrace/testkit/drivers";
import { sinkSuite } from "@millrace/testkit/suites";
import { expect, test } from "vitest";
import { collect } from "./collect.ts";

sinkSuite("collect", async () => {
  const sink = collect<number>();
  return {
    guarantee: sink.guarantee,
    sink,
    ports: () => nodePorts,
    kill: async () => {},
    visible: async () => sink.values,
    valueOf: (index) => index,
  };
});

test("records are seen when their checkpoint is committed, not before", async () => {
  const sink = collect<string>();
  const driver = await SinkDriver.open(sink, { ports: nodePorts });
  await driver.write("a");
  const checkpoint = await driver.prepare();
  await driver.write("b");
  expect(sink.values).toEqual([]);
  driver.complete(checkpoint);
  await driver.commit(checkpoint);
  expect(sink.values).toEqual(["a"]);
});

test("committing what another process prepared is refused", async () => {
  const committer = collect().createCommitter?.({
    ports: nodePorts,
    jobName: "job",
    runId: "r",
    uid: "u",
    subtask: 0,
    parallelism: 1,
    resumed: true,
    overwrite: false,
    checkpointIntervalMs: undefined,
    acceptLoss: false,
  });
  await expect(committer?.commit(["r-u-0-0-1"])).rejects.toMatchObject({ code: "SINK_COMMITTABLE_LOST" });
});
