import { readdir, readFile } from "node:fs/promises";
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

it("a supervised job that fails by itself is not started again", { timeout: 60_000 }, async () => {
  const failing = aborting.replace("process.abort()", 'throw new Error("no")');
  await using workshop = await Workshop.create({ "aborting.ts": failing });
  const { code, stderr } = await workshop.call("run", "aborting.ts", "--supervise", "--restart", "none");
  expect(code).toBe(1);
  expect(stderr).not.toContain("started again");
});
