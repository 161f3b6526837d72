import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Workshop } from "./command.ts";

const aborting = `
import { existsSync, writeFileSync } from "node:fs";
import { defineJob } from "@millrace/api";
import { datagen, fileSink } from "@millrace/connectors";
export default defineJob("aborting", (env) => {
  env.from(datagen({ generate: (n: number) => n, count: 4000, ratePerSecond: 4000 }), { uid: "numbers" })
    .map((n) => {
      if (n === 2500 && !existsSync("aborted")) {
        writeFileSync("aborted", "");
        process.abort();
      }
      return n;
    })
    .to(fileSink("out"), { uid: "out" });
});
`;

it("a supervised job whose process crashes is started again, resumes, and loses and doubles nothing", { timeout: 60_000 }, async () => {
  await using workshop = await Workshop.create({ "aborting.ts": aborting });
  const { code, stdout, stderr } = await workshop.call("run", "aborting.ts", "--supervise", "--fresh", "--checkpoint-interval", "100ms");
  expect(code).toBe(0);
  expect(stderr).toMatch(/died of SIGABRT; it is started again in 1 s/);
  expect(stdout).toContain("job.resumed");
  const names = (await readdir(join(workshop.path, "out"))).filter((name) => name.startsWith("part-"));
  const texts = await Promise.all(names.map((name) => readFile(join(workshop.path, "out", name), "utf8")));
  const numbers = texts.flatMap((text) => text.split("\n").filter(Boolean).map(Number)).sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: 4_000 }, (_, n) => n));
});

const killed = `
import { existsSync, rmSync } from "node:fs";
import { defineJob } from "@millrace/api";
import { datagen, print } from "@millrace/connectors";
if (existsSync("short-of-memory") && !process.argv.includes("--supervise")) {
  rmSync("short-of-memory");
  process.kill(process.pid, "SIGKILL");
}
export default defineJob("killed", (env) => {
  env.from(datagen({ generate: (n: number) => n, count: 5 }), { uid: "numbers" }).map((n) => "n" + n).to(print(), { uid: "out" });
});
`;

it("a supervised job that is killed before its run has begun still starts from the snapshot that was named", { timeout: 120_000 }, async () => {
  await using workshop = await Workshop.create({ "killed.ts": killed });
  expect((await workshop.call("run", "killed.ts")).stdout).toContain("n4");
  const state = join(workshop.path, ".millrace/killed");
  const newest = (await readdir(join(state, "checkpoints"))).filter((name) => name.startsWith("chk-")).at(-1) ?? "";
  const from = `chk-${Number(newest.slice(4, -5))}`;
  await writeFile(join(workshop.path, "short-of-memory"), "");
  const { code, stdout, stderr } = await workshop.call("run", "killed.ts", "--supervise", "--from", from);
  expect(stderr).toMatch(/died of SIGKILL; it is started again/);
  // All input had been read at that checkpoint: nothing comes again.
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  const runs = (await readFile(join(state, "runs.jsonl"), "utf8")).trimEnd().split("\n");
  expect(runs.map((line) => JSON.parse(line)).findLast(({ event }) => event === "start")).toMatchObject({ startedFrom: from });

  // The same as a restore, with a flag before the command.
  await writeFile(join(workshop.path, "short-of-memory"), "");
  const manifest = join(state, "checkpoints", newest);
  const restored = await workshop.call("--verbose", "restore", manifest, "killed.ts", "--supervise");
  expect(restored.stderr).toMatch(/a restore does this\n[\s\S]*died of SIGKILL; it is started again/);
  expect({ code: restored.code, stdout: restored.stdout }).toEqual({ code: 0, stdout: "" });
});

it("a supervised job that is stopped while it waits to be started again is not, and says by which signal", { timeout: 60_000 }, async () => {
  await using workshop = await Workshop.create({ "crashing.ts": "process.abort();" });
  const { child, ended } = workshop.start("run", "crashing.ts", "--supervise");
  await new Promise<void>((resolve) => {
    child.stderr?.on("data", (text: string) => text.includes("started again") && resolve());
  });
  child.kill("SIGTERM");
  expect(await ended).toMatchObject({ code: 143, stderr: expect.not.stringMatching(/again.*again/s) });
});

it("a supervised job that fails by itself is not started again", { timeout: 60_000 }, async () => {
  const failing = aborting.replace("process.abort()", 'throw new Error("no")');
  await using workshop = await Workshop.create({ "aborting.ts": failing });
  const { code, stderr } = await workshop.call("run", "aborting.ts", "--supervise", "--restart", "none");
  expect(code).toBe(1);
  expect(stderr).not.toContain("started again");
});

const slowToStop = `
import { setTimeout as pause } from "node:timers/promises";
import { defineJob } from "@millrace/api";
import { datagen, discard } from "@millrace/connectors";
const nothing = discard<number>();
const slow = {
  ...nothing,
  createWriter: (context) => {
    const inner = nothing.createWriter(context);
    return {
      open: async () => undefined,
      write: (n, timestamp) => inner.write(n, timestamp),
      ready: () => inner.ready(),
      prepare: async (checkpointId) => {
        await pause(1_000);
        return inner.prepare(checkpointId);
      },
      close: () => inner.close(),
    };
  },
};
export default defineJob("slow", (env) => {
  env.from(datagen({ generate: (n: number) => n, ratePerSecond: 1000 }), { uid: "numbers" }).to(slow, { uid: "out" });
});
`;

// As systemd signals all processes of a service, `timeout` its group, and a terminal whatever runs in the foreground.
it.runIf(process.platform === "linux")(
  "a supervised job whose processes both hear the signal takes a last checkpoint all the same",
  { timeout: 60_000 },
  async () => {
    await using workshop = await Workshop.create({ "slow.ts": slowToStop });
    const { child, ended, events } = workshop.start("run", "slow.ts", "--supervise", "--checkpoint-interval", "10m");
    await expect.poll(() => events().some(({ event }) => event === "job.running"), { timeout: 20_000 }).toBe(true);
    const below = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8")).trim().split(" ").map(Number);
    for (const pid of [...below, child.pid as number]) process.kill(pid, "SIGTERM");
    expect((await ended).code).toBe(143);
    expect(events().at(-1)).toMatchObject({ event: "job.resumable", command: expect.stringMatching(/^millrace run slow\.ts .*--supervise/) });
    const runs = (await readFile(join(workshop.path, ".millrace/slow/runs.jsonl"), "utf8")).trimEnd().split("\n");
    expect(JSON.parse(runs.at(-1) ?? "")).toMatchObject({ event: "end", end: "stopped" });
  },
);
