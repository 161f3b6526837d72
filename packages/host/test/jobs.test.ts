import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findJob, type JobsOptions, listJobs, nodeProcessFacts, retainedCheckpoints } from "../src/index.ts";
import { decideRun, openStateDirectory, type StateDirectory } from "../src/state-directory/index.ts";

const options: JobsOptions = { files: nodePorts.files, processes: nodeProcessFacts };

describe("jobs as seen from outside", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "millrace-jobs-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  const open = (name: string, processes = nodeProcessFacts): Promise<StateDirectory> =>
    openStateDirectory({
      ports: nodePorts,
      processes,
      path: join(root, name),
      jobName: name,
      engineVersion: "0.1.0",
      breakLock: false,
      probe: async () => false,
    });

  const conditionOf = async (name: string) => (await findJob(join(root, name), options)).condition;

  it("there are none where there is no directory", async () => {
    expect(await listJobs(join(root, "nothing"), options)).toEqual([]);
    await expect(findJob(join(root, "nothing"), options)).rejects.toMatchObject({ code: "STATE_NONE" });
  });

  it("are not looked for in a file", async () => {
    await writeFile(join(root, "file"), "");
    const list = listJobs(join(root, "file"), options);
    await expect(list).rejects.toMatchObject({ code: "STATE_READ", message: expect.stringContaining("file is no directory") });
  });

  it("one that never ran, one that ended and one that crashed", async () => {
    await (await open("unused")).close();
    const finished = await open("finished");
    const run = await finished.beginRun(newRun(finished), undefined);
    await run.end("finished");
    await finished.close();
    const crashed = await open("crashed", { ...nodeProcessFacts, pid: 2 ** 22 + 1, startTime: () => "long ago" });
    await crashed.beginRun(newRun(crashed), undefined);
    const entries = await listJobs(root, options);
    expect(entries.map((entry) => ("error" in entry ? entry.error : [entry.name, entry.condition]))).toEqual([
      ["crashed", "crashed"],
      ["finished", "finished"],
      ["unused", "unused"],
    ]);
  });

  it("one that a process holds without answering, and one on another host", async () => {
    const silent = await open("silent");
    const elsewhere = await open("elsewhere", { ...nodeProcessFacts, host: "far-away" });
    expect(await conditionOf("silent")).toBe("silent");
    expect(await conditionOf("elsewhere")).toBe("elsewhere");
    await silent.recordControl(join(root, "nobody-listens.sock"));
    expect(await conditionOf("silent")).toBe("silent");
    await silent.close();
    await elsewhere.close();
  });

  it.runIf(process.platform === "linux")("one that another container of this machine holds, or held until it died", async () => {
    const contained = { ...nodeProcessFacts, namespace: "another" };
    const held = await open("held", contained);
    await held.beginRun(newRun(held), undefined);
    expect(await conditionOf("held")).toBe("elsewhere");
    const liveness = { listen: async () => ({ close: () => undefined }), listens: async () => false };
    const crashed = await open("crashed", { ...contained, liveness });
    await crashed.beginRun(newRun(crashed), undefined);
    expect(await conditionOf("crashed")).toBe("crashed");
    await held.close();
  });

  it("a damaged one beside healthy ones", async () => {
    await (await open("good")).close();
    await (await open("bad")).close();
    await writeFile(join(root, "bad", "meta.json"), "{");
    const [bad, good] = await listJobs(root, options);
    expect(bad).toMatchObject({ path: join(root, "bad"), error: { code: "STATE_CORRUPT" } });
    expect(good).toMatchObject({ name: "good", condition: "unused" });
    await expect(findJob(join(root, "bad"), options)).rejects.toMatchObject({ code: "STATE_CORRUPT" });
  });

  it("a checkpoint whose manifest is damaged, by its id", async () => {
    const directory = await open("torn");
    await nodePorts.files.makeDirectory(directory.checkpoints);
    await writeFile(join(directory.checkpoints, "chk-000007.json"), "half a mani");
    expect(await retainedCheckpoints(directory.path, options)).toEqual([{ id: 7, error: expect.objectContaining({ code: "CHECKPOINT_CORRUPT" }) }]);
    await directory.close();
  });
});

function newRun(directory: StateDirectory) {
  const decision = decideRun(directory.runs, { fresh: false, from: undefined });
  if (decision.kind === "refuse") throw decision.error;
  return decision;
}
