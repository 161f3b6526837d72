import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { type RunLine, runLineOf, without, wordsOf } from "./run-line.ts";

const collect = (one: string, others: readonly string[] = []): readonly string[] => [...others, one];

async function parsed(...argv: readonly string[]): Promise<RunLine> {
  let line: RunLine | undefined;
  const program = new Command("millrace").option("--verbose");
  program
    .command("restore <savepoint> <job>")
    .option("--verbose")
    .option("-p, --param <name=value>", "", collect)
    .option("--state-dir <directory>")
    .option("--backend <kind>", "", "disk")
    .option("--fresh")
    .option("--no-live")
    .action((_savepoint: string, job: string, _flags, self) => {
      line = runLineOf(job, self);
    });
  await program.parseAsync(argv, { from: "user" });
  if (line === undefined) throw new Error("the command was not called");
  return line;
}

describe("a run that is said again", () => {
  it("has what was given, wherever it stood, and not what is so by default", async () => {
    const line = await parsed("--verbose", "restore", "-p", "a=1", "sp1", "--no-live", "job.ts", "--param", "b=--fresh", "--state-dir=-x");
    expect(wordsOf(line)).toEqual(["run", "job.ts", "--verbose", "--param", "a=1", "--param", "b=--fresh", "--state-dir=-x", "--no-live"]);
    expect(wordsOf(await parsed("restore", "sp1", "job.ts", "--verbose"))).toEqual(["run", "job.ts", "--verbose"]);
  });

  it("keeps a value that is the text of something else", async () => {
    const line = await parsed("restore", "sp1", "job.ts", "--state-dir", "sp1", "--fresh");
    expect(wordsOf(without(line, ["--fresh", "sp1"]))).toEqual(["run", "job.ts", "--state-dir", "sp1"]);
  });
});
