import { type Collector, collect, collection, defineJob, state, t } from "millrace";
import { runJob, verifyJob } from "millrace/testing";
import { describe, expect, it } from "vitest";

interface Message {
  readonly key: string;
  readonly body: Buffer;
}

const messages: readonly Message[] = ["a", "b", "a", "c", "a"].map((key, index) => ({ key, body: Buffer.from(`${key}${index}`) }));

const job = defineJob("messages", (env) => {
  env
    .from(collection(messages), { uid: "messages" })
    .keyBy(({ key }) => key)
    .process(
      {
        state: { last: state.value(t.any()) },
        processElement({ body }, { state: { last } }, out: Collector<string>) {
          out.collect(`${body.toString()} after ${String(last.value())}`);
          last.update(body);
        },
      },
      { uid: "last" },
    )
    .to(collect<string>(), { uid: "out" });
});

describe("Buffers in records", () => {
  it.each([1, 2])("are Buffers behind an edge, and in state, at parallelism %i", async (parallelism) => {
    const { outputs } = await runJob(job, { parallelism });
    expect([...(outputs.out as string[])].sort()).toEqual([
      "a0 after undefined",
      "a2 after a0",
      "a4 after a2",
      "b1 after undefined",
      "c3 after undefined",
    ]);
  });

  it("stay Buffers through restores", async () => {
    await verifyJob(job);
  });
});
