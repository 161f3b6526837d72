import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Workshop } from "./command.ts";

const rules = `
import { boundedOutOfOrderness, defineJob, state, t } from "@millrace/api";
import { datagen, discard } from "@millrace/connectors";
export default defineJob("rules", (env) => {
  const numbers = env.from(datagen({ generate: (n: number) => ({ n }), ratePerSecond: 500 }), { uid: "numbers" })
    .assignTimestampsAndWatermarks(boundedOutOfOrderness(10, (one) => one.n), { uid: "times" });
  numbers.keyBy((one) => one.n % 3)
    .connect(numbers.broadcast({ last: state.map(t.string(), t.object({ at: t.integer() })) }))
    .process({
      state: { seen: state.value(t.integer()) },
      processElement(one, context) { context.state.seen.update(one.n); },
      processBroadcastElement(one, { broadcastState }) { broadcastState.last.put(one.n % 2 === 0 ? "even" : "odd", { at: one.n }); },
    }, { uid: "rules" })
    .to(discard(), { uid: "gone" });
});
`;

let workshop: Workshop;
beforeAll(async () => {
  workshop = await Workshop.create({ "rules.ts": rules });
});
afterAll(() => workshop[Symbol.asyncDispose]());

describe("state that belongs to no key, on the command line", { timeout: 90_000 }, () => {
  it("is listed, got, exported and inspected, of a running job and of a savepoint", async () => {
    const run = workshop.start("run", "rules.ts", "--checkpoint-interval", "50ms");
    await vi.waitUntil(() => run.events().filter((one) => one.event === "checkpoint.completed").length > 2, { timeout: 20_000 });
    expect(await workshop.call("savepoint", "rules", "--path", "first")).toMatchObject({ code: 0 });

    for (const what of ["rules", "first"]) {
      const listed = (await workshop.call("state", "ls", what)).stdout;
      expect(listed).toMatch(/rules +last +broadcast +\{ at: integer \} +string +the same in all subtasks/);
      expect(listed).toMatch(/rules +seen +value +integer +number/);
      expect(listed).toMatch(/times +items +list +JSON +– +by subtask/);
    }
    expect((await workshop.call("state", "ls", "first", "rules", "last")).stdout.trimEnd().split("\n").sort()).toEqual(['"even"', '"odd"']);
    expect((await workshop.call("state", "ls", "first", "times", "items")).stdout).toBe("0/0\n");
    expect((await workshop.call("state", "get", "first", "rules", "last", "odd")).stdout).toMatch(/^\{"at":\d*[13579]\}\n$/);
    expect((await workshop.call("state", "get", "first", "times", "items", "0/0")).stdout).toContain('"watermark"');
    expect((await workshop.call("state", "get", "first", "rules", "seen", "2")).stdout).toMatch(/^\d+\n$/);
    expect(await workshop.call("state", "get", "first", "rules", "last", "neither")).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("SNAPSHOT_KEY"),
    });
    expect(await workshop.call("state", "export", "first", "times", "other")).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("it has: items"),
    });

    const lines = (await workshop.call("state", "export", "first", "rules")).stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(
      lines
        .filter(({ kind }) => kind === "broadcast")
        .map(({ mapKey }) => mapKey)
        .sort(),
    ).toEqual(["even", "odd"]);
    expect(lines.filter(({ state }) => state === "seen")).toHaveLength(3);
    expect((await workshop.call("state", "export", "first", "rules", "last")).stdout.trimEnd().split("\n")).toHaveLength(2);
    expect((await workshop.call("inspect", "first")).stdout).toMatch(/rules +last +broadcast +2 /);
    await workshop.call("cancel", "rules");
    await run.ended;
  });
});
