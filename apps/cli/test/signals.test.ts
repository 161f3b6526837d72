import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Workshop } from "./command.ts";

const count = 3_000;

const counting = `
import { defineJob, state, t } from "@millrace/api";
import { datagen, fileSink } from "@millrace/connectors";
export default defineJob("counting", (env) => {
  env
    .from(datagen({ generate: (n: number) => n, count: ${count}, ratePerSecond: 2000 }), { uid: "numbers" })
    .keyBy((n) => n % 10)
    .process(
      {
        state: { seen: state.value(t.integer()) },
        emits: t.string(),
        processElement(n, { state: { seen } }, out) {
          seen.update((seen.value() ?? 0) + 1);
          out.collect(\`\${n % 10}:\${seen.value()}\`);
        },
      },
      { uid: "count" },
    )
    .to(fileSink("out"), { uid: "out" });
});
`;

let workshop: Workshop;

beforeAll(async () => {
  workshop = await Workshop.create({ "counting.ts": counting });
});
afterAll(() => workshop[Symbol.asyncDispose]());

describe("signals at any moment", () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

  it(`lose and double nothing, whether they let the job stop or not (SEED=${seed})`, { timeout: 120_000 }, async () => {
    const random = numbersOf(seed);
    for (const signals of [
      ["SIGINT"],
      ["SIGTERM"],
      ["SIGINT", "SIGINT"],
      ["SIGKILL"],
      ["SIGTERM", "SIGTERM"],
      ["SIGTERM", "SIGKILL"],
      ["SIGINT"],
    ] as const) {
      const run = workshop.start("run", "counting.ts", "--checkpoint-interval", "50ms");
      await pause(random() * 1_500);
      for (const signal of signals) {
        run.child.kill(signal);
        await pause(random() * 30);
      }
      const ended = await run.ended;
      // Stopped with a checkpoint, ended at once, or over before the signal came.
      expect([0, 130, 143, "SIGINT", "SIGTERM", "SIGKILL"], ended.stderr).toContain(ended.code);
      const over = await isOver();
      if (ended.code === 0) expect(over).toBe(true);
      if (over) break;
    }
    if (!(await isOver())) expect(await workshop.call("run", "counting.ts")).toMatchObject({ code: 0 });
    const expected = Array.from({ length: count }, (_, n) => `${n % 10}:${Math.floor(n / 10) + 1}`);
    expect((await published()).sort()).toEqual(expected.sort());
  });
});

/** By the history of its runs: a process may be killed when the end of its run has been written, and the next one would begin anew. */
async function isOver(): Promise<boolean> {
  const { code, stdout } = await workshop.call("info", "counting", "--json");
  // A job that was killed before it had made its state directory is not known.
  return code === 0 && (JSON.parse(stdout) as { readonly condition: string }).condition === "finished";
}

async function published(): Promise<string[]> {
  const directory = join(workshop.path, "out");
  const parts = (await readdir(directory)).filter((name) => name.startsWith("part-"));
  const texts = await Promise.all(parts.map((name) => readFile(join(directory, name), "utf8")));
  return texts.flatMap((text) => text.split("\n").filter((line) => line !== "")).map((line) => JSON.parse(line) as string);
}

function numbersOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
