import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeIo } from "../../test/fake-io.ts";
import { main } from "../index.ts";

describe("a job that is named", () => {
  let cwd: string;
  const stateDirectory = async (path: string, jobName: string): Promise<void> => {
    await mkdir(join(cwd, path), { recursive: true });
    await writeFile(join(cwd, path, "meta.json"), JSON.stringify({ formatVersion: 1, jobName, engineVersion: "0.1.0", createdAtMs: 1 }));
  };
  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), "millrace-jobs-"));
    await stateDirectory("elsewhere", "flights");
    await stateDirectory(".millrace/delays", "delays");
    await stateDirectory("delays", "another");
    await mkdir(join(cwd, "empty"));
    await writeFile(join(cwd, "file"), "");
  });
  afterAll(() => rm(cwd, { recursive: true }));

  const call = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
    const io = new FakeIo({ cwd });
    const code = await main(argv, io);
    return { code, out: io.out.text, err: io.err.text };
  };

  it("is found by its name, by the path of its state directory, by --state-dir, and by that path and --state-dir", async () => {
    for (const argv of [
      ["elsewhere"],
      ["./elsewhere"],
      [join(cwd, "elsewhere")],
      ["flights", "--state-dir", "elsewhere"],
      ["elsewhere", "--state-dir", "./elsewhere"],
    ])
      expect(await call("info", ...argv)).toMatchObject({ code: 0, out: expect.stringMatching(/^flights unused\n {2}state directory elsewhere\n/) });
    expect(await call("info", "delays")).toMatchObject({ code: 0, out: expect.stringMatching(/^delays unused/) });
    expect(await call("info", "./delays")).toMatchObject({ code: 0, out: expect.stringMatching(/^another unused/) });
    for (const none of ["empty", "absent"]) expect(await call("info", none)).toMatchObject({ code: 4, err: expect.stringContaining("[STATE_NONE]") });
  });

  it("is left alone when --state-dir is another job's, whatever was to be done", async () => {
    for (const command of [["info"], ["cancel"], ["stop"], ["savepoint"], ["rescale", "--parallelism", "2"], ["inspect"], ["state", "ls"]]) {
      const { code, out, err } = await call(...command, "delays", "--state-dir", "elsewhere");
      expect({ command, code, out }).toEqual({ command, code: 4, out: "" });
      expect(err).toContain("elsewhere is the state directory of the job flights, not of delays [STATE_OTHER_JOB]\n  say flights");
    }
  });

  it("is looked for in directories only", async () => {
    for (const argv of [
      ["list", "--state-root", "file"],
      ["info", "file/delays"],
    ])
      expect(await call(...argv)).toMatchObject({
        code: 4,
        out: "",
        err: expect.stringMatching(/file is no directory \[STATE_READ\]\n {2}name the directory/),
      });
  });

  it("and has completed no checkpoint is not said to resume from one, whatever earlier runs have left", async () => {
    await stateDirectory(".millrace/young/checkpoints", "young");
    await stateDirectory(".millrace/young", "young");
    await writeFile(join(cwd, ".millrace/young/checkpoints/chk-000002.json"), "{}");
    const says = async (firstCheckpointId: number, startedFrom: string | null): Promise<string | undefined> => {
      const start = { event: "start", runId: "r", attempt: 1, startedAtMs: 1, startedFrom, restoredFrom: null, firstCheckpointId, lockToken: "t" };
      await writeFile(join(cwd, ".millrace/young/runs.jsonl"), `${JSON.stringify(start)}\n`);
      return (await call("info", "young")).out.split("\n")[2]?.trim();
    };
    expect(await says(3, null)).toBe("the next run begins anew: this one has completed no checkpoint");
    expect(await says(3, "/there/sp-7")).toBe("the next run starts from /there/sp-7: this one has completed no checkpoint");
    expect(await says(2, null)).toBe("the next run resumes from the last completed checkpoint");
  });
});
