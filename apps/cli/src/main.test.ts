import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError } from "@millrace/core";
import { redactor } from "@millrace/host";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeIo } from "../test/fake-io.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { main } from "./index.ts";
import { buildProgram } from "./program.ts";
import { reportError } from "./report.ts";

describe("the millrace command", () => {
  let cwd: string;
  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), "millrace-cli-"));
  });
  afterAll(() => rm(cwd, { recursive: true }));

  const call = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
    const io = new FakeIo({ cwd });
    const code = await main(argv, io);
    return { code, out: io.out.text, err: io.err.text };
  };

  it("explains every command with an example", async () => {
    const names = buildProgram(new FakeIo(), "1.2.3", () => undefined).commands.map((command) => command.name());
    expect(names).toEqual([
      "run",
      "restore",
      "plan",
      "check",
      "list",
      "info",
      "cancel",
      "savepoint",
      "stop",
      "rescale",
      "inspect",
      "diff",
      "state",
      "kafka",
      "completion",
    ]);
    for (const name of names) {
      const { code, out } = await call(name, "--help");
      expect(code).toBe(0);
      expect(out).toContain(`Example:\n  $ millrace ${name}`);
    }
  });

  it("lists commands and exit codes", async () => {
    const { code, out } = await call("--help");
    expect(code).toBe(0);
    expect(out).toContain("Exit codes:");
    for (const exitCode of Object.values(exitCodes)) expect(out).toMatch(new RegExp(`\\b${exitCode}\\b`));
  });

  it("refuses an empty path, which would be the working directory", async () => {
    for (const argv of [
      ["run", "job.ts", "--state-dir", ""],
      ["run", "job.ts", "--from="],
      ["list", "--state-root", ""],
      ["stop", "delays", "--savepoint="],
      ["state", "ls", "delays", "--at", ""],
    ]) {
      const { code, err } = await call(...argv);
      expect({ code, err }, argv.join(" ")).toEqual({
        code: exitCodes.usage,
        err: expect.stringMatching(/^error: --[\w-]+ is given an empty path \[COMMAND_ARGUMENT\]/),
      });
    }
  });

  it("tells its version", async () => {
    expect(await call("--version")).toEqual({ code: 0, out: "0.1.0\n", err: "" });
  });

  it("refuses a wrong command line with 2 and says what is right", async () => {
    const wrong = [
      [[], "Usage:"],
      [["rum"], "Did you mean run?"],
      [["run"], "missing required argument 'job'"],
      [["run", "a.ts", "--paralelism", "2"], "Did you mean --parallelism?"],
      [["run", "a.ts", "--parallelism", "0"], "[COMMAND_ARGUMENT]"],
      [["run", "a.ts", "--checkpoint-interval", "10"], "--checkpoint-interval 10s"],
      [["run", "a.ts", "--checkpoint-timeout", "soon"], "--checkpoint-timeout takes a duration"],
      [["run", "a.ts", "--retained", "0"], "--retained takes a whole number from 1"],
      [["run", "a.ts", "--restart", "fixed-delay:3"], "--restart fixed-delay:3:10s"],
      [["run", "a.ts", "--backend", "redis"], "heap, disk"],
      [["run", "a.ts", "--param", "x"], "--param takes name=value"],
      [["plan", "a.ts", "--json", "--mermaid"], "cannot be used with"],
    ] as const;
    for (const [argv, message] of wrong) {
      const { code, out, err } = await call(...argv);
      expect({ argv, code, out }).toEqual({ argv, code: 2, out: "" });
      expect(err).toContain(message);
    }
  });

  it("refuses with 2 what batch mode would not use, and takes it in streaming mode", async () => {
    const idle = [
      ["--state-dir", "x"],
      ["--checkpoint-interval", "1s"],
      ["--checkpoint-timeout", "1s"],
      ["--alignment-timeout", "never"],
      ["--retained", "3"],
      ["--from", "chk-1"],
      ["--backend", "heap"],
      ["--allow-drop", "x"],
      ["--fresh"],
      ["--break-lock"],
    ];
    for (const flag of idle) {
      const batch = await call("run", "absent.ts", "--mode", "batch", ...flag);
      expect(batch).toMatchObject({ code: 2, err: expect.stringContaining(`${flag[0]} does nothing with --mode batch`) });
      for (const mode of [["--mode", "streaming"], []])
        expect(await call("run", "absent.ts", ...mode, ...flag)).toMatchObject({ code: 3, err: expect.stringContaining("[JOB_NOT_FOUND]") });
    }
    expect((await call("run", "absent.ts", "--mode", "batch", "--supervise")).code).toBe(2);
    const used = ["--parallelism", "2", "--memory", "1g", "--overwrite", "--restart", "none", "--accept-loss", "x", "--no-live", "--dev"];
    expect(await call("run", "absent.ts", "--mode", "batch", ...used)).toMatchObject({ code: 3, err: expect.stringContaining("[JOB_NOT_FOUND]") });
  });

  it("refuses a job that isn't there with 3, state that isn't there with 4", async () => {
    for (const command of ["run", "plan", "check"])
      expect(await call(command, "absent.ts")).toMatchObject({
        code: 3,
        err: expect.stringMatching(/^error: there is no absent\.ts \[JOB_NOT_FOUND\]\n {2}\S/),
      });
    for (const command of ["info", "cancel"])
      expect(await call(command, "absent")).toMatchObject({ code: 4, err: expect.stringContaining("[STATE_NONE]") });
    expect(await call("list")).toEqual({ code: 0, out: "no jobs under .millrace\n", err: "" });
  });
});

describe("errors on the terminal", () => {
  const cause = new TypeError("two is bad");
  const error = new MillraceError("USER_FUNCTION", "the function of ones/map threw", { hint: "fix it", where: { job: "a" }, cause });

  const quiet = { verbose: false, redact: (text: string) => text };

  it("hold no secrets", () => {
    const io = new FakeIo();
    reportError(io, new Error("hunter22 refused", { cause: new Error("by hunter22") }), { verbose: true, redact: redactor(["hunter22"]) });
    expect(io.err.text).toContain("[secret] refused");
    expect(io.err.text).not.toContain("hunter22");
  });

  it("are one clean message with its causes, without a stack", () => {
    const io = new FakeIo();
    reportError(io, error, quiet);
    expect(io.err.text).toMatch(/^error: the function of ones\/map threw \(job a\) \[USER_FUNCTION\]\n {2}fix it\n/);
    expect(io.err.text).toContain("caused by: two is bad\n");
    expect(io.err.text).not.toMatch(/^\s+at .*\(/m);
    expect(io.out.text).toBe("");
  });

  it("show their stacks when asked", () => {
    const io = new FakeIo();
    reportError(io, error, { ...quiet, verbose: true });
    expect(io.err.text).toMatch(/^\s+at .*main\.test\.ts/m);
    expect(io.err.text).toContain("caused by TypeError: two is bad");
  });

  it("say how to see more when they are no errors of Millrace", () => {
    const io = new FakeIo();
    reportError(io, cause, quiet);
    expect(io.err.text).toContain("MILLRACE_DEBUG=1");
  });

  it("have the exit code of their kind wherever they come up", () => {
    const code = (name: string): number => exitCodeOf(new MillraceError(name, "no"), 1);
    expect(
      ["STATE_LOCKED", "RUN_UNFINISHED", "CHECKPOINT_CORRUPT", "RESTORE_STATE", "SINK_OUTPUT_EXISTS", "PARAMETER_MISSING", "CONTROL_TIMEOUT"].map(
        code,
      ),
    ).toEqual([4, 4, 5, 5, 6, 2, 7]);
    expect([code("BATCH_UNBOUNDED"), code("BATCH_OPTION")]).toEqual([3, 2]);
    expect([code("STATE_KEY"), code("USER_FUNCTION"), code("CHECKPOINT_IN_DOUBT"), exitCodeOf(cause, 3)]).toEqual([1, 1, 1, 3]);
  });
});
