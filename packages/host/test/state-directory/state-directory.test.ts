import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeDurableDirectory, seededRandom } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { systemError } from "@millrace/testkit";
import { describe, expect, test } from "vitest";
import { nodeProcessFacts, runtimeDirectory } from "../../src/node/index.ts";
import {
  checkJobName,
  controlSocketPath,
  decideRun,
  listStateDirectories,
  openStateDirectory,
  readControl,
} from "../../src/state-directory/index.ts";
import { errorOf, Machine } from "./machine.ts";

const root = "/project/.millrace";
const write = (machine: Machine, file: string, text: string) => machine.disk.tamper(`${root}/flights/${file}`, new TextEncoder().encode(text));

describe("a state directory", () => {
  test("belongs to one job", async () => {
    const machine = new Machine();
    await (await openStateDirectory(machine.options(1))).close();
    const error = await errorOf(() => openStateDirectory(machine.options(2, { jobName: "trains" })));
    expect(error).toMatchObject({ code: "STATE_OTHER_JOB", message: expect.stringContaining("of the job flights, not of trains") });
  });

  test("is not made of one that holds somebody else's local files, which a run would remove", async () => {
    const machine = new Machine();
    await makeDurableDirectory(machine.disk, `${root}/flights/local`);
    write(machine, "local/notes.txt", "mine");
    expect(await errorOf(() => openStateDirectory(machine.options(1)))).toMatchObject({ code: "STATE_FOREIGN" });
    expect(await machine.disk.list(`${root}/flights`)).toEqual(["local"]);
    expect(new TextDecoder().decode(await machine.disk.readFile(`${root}/flights/local/notes.txt`))).toBe("mine");
  });

  test("may be a volume with other things in it, and savepoints that were put there", async () => {
    const machine = new Machine();
    for (const name of ["lost+found", "savepoints/sp-1"]) await makeDurableDirectory(machine.disk, `${root}/flights/${name}`);
    write(machine, "lost+found/1", "");
    write(machine, "savepoints/sp-1/savepoint.json", "{}");
    for (const pid of [1, 2]) {
      await using directory = await openStateDirectory(machine.options(pid));
      await directory.beginRun(decideRun(directory.runs, { fresh: true, from: undefined }) as never, undefined);
      await makeDurableDirectory(machine.disk, directory.local);
      write(machine, "local/store", "ours");
    }
  });

  test("outlives a power cut, though the sync of its name had failed when it was made", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const machine = new Machine();
      machine.disk.fault = { at: 2, kind: "fail", code: "EIO" };
      expect(await errorOf(() => openStateDirectory(machine.options(1)))).toMatchObject({ code: "STATE_WRITE" });
      const directory = await openStateDirectory(machine.options(2));
      await directory.beginRun(decideRun(directory.runs, { fresh: false, from: undefined }) as never, undefined);
      const after = new Machine("here", machine.disk.crash(seededRandom(seed)));
      const next = await openStateDirectory(after.options(3));
      expect(next.runs, `seed ${seed}`).toHaveLength(1);
    }
  });

  test("keeps its history through a power cut, though the sync of the file's name had failed once", async () => {
    const begin = async (machine: Machine, pid: number) => {
      const directory = await openStateDirectory(machine.options(pid));
      await directory.beginRun(decideRun(directory.runs, { fresh: false, from: undefined }) as never, undefined);
      machine.kill(pid);
    };
    const whole = new Machine();
    await begin(whole, 1);
    for (let at = 1; at <= whole.disk.operations; at++) {
      const machine = new Machine();
      machine.disk.fault = { at, kind: "fail", code: "EIO" };
      const failed = await errorOf(() => begin(machine, 1));
      machine.kill(1);
      if (failed === undefined) continue;
      await begin(machine, 2);
      const after = new Machine("here", machine.disk.crash(seededRandom(at)));
      expect((await openStateDirectory(after.options(3))).runs.length, `operation ${at} failed`).toBeGreaterThan(0);
    }
  });

  test("of a newer layout is refused, naming the version that reads it", async () => {
    const machine = new Machine();
    write(machine, "meta.json", '{"formatVersion":2,"engineVersion":"9.1.0","jobName":"flights"}');
    expect(await errorOf(() => openStateDirectory(machine.options(1)))).toMatchObject({
      code: "STATE_VERSION",
      hint: expect.stringContaining("9.1.0"),
    });
  });

  test.each(["", "{", "[]", '{"formatVersion":1}'])("with a meta.json of %j is damaged, and named", async (text) => {
    const machine = new Machine();
    write(machine, "meta.json", text);
    expect(await errorOf(() => openStateDirectory(machine.options(1)))).toMatchObject({
      code: "STATE_CORRUPT",
      message: expect.stringContaining("meta.json"),
    });
  });

  test("that cannot be written says why and what to do", async () => {
    const machine = new Machine();
    machine.disk.fault = { at: 1, kind: "crash", code: "EROFS" };
    expect(await errorOf(() => openStateDirectory(machine.options(1)))).toMatchObject({
      code: "STATE_WRITE",
      hint: expect.stringContaining("--state-dir"),
      cause: { code: "EROFS" },
    });
  });

  test("that cannot be read says so", async () => {
    const machine = new Machine();
    await (await openStateDirectory(machine.options(1))).close();
    machine.disk.readFile = async (path) => {
      throw systemError("EACCES", path);
    };
    expect(await errorOf(() => openStateDirectory(machine.options(2)))).toMatchObject({ code: "STATE_READ" });
  });

  test("is listed with its lock, its socket and its last run; damaged ones are named", async () => {
    const machine = new Machine();
    const open = await openStateDirectory(machine.options(1));
    await open.recordControl("/run/millrace/x.sock");
    const decision = decideRun(open.runs, { fresh: false, from: undefined });
    if (decision.kind === "refuse") throw decision.error;
    const { runId } = await open.beginRun(decision, undefined);
    await (await openStateDirectory(machine.options(2, { path: `${root}/trains`, jobName: "trains" }))).close();
    machine.disk.tamper(`${root}/broken/meta.json`, new TextEncoder().encode("{"));
    await machine.disk.makeDirectory(`${root}/broken`);
    await machine.disk.makeDirectory(`${root}/something-else`);
    expect(await listStateDirectories(machine.disk, root)).toMatchObject([
      { kind: "damaged", path: `${root}/broken`, error: { code: "STATE_CORRUPT" } },
      { kind: "readable", jobName: "flights", lock: { pid: 1 }, control: { socketPath: "/run/millrace/x.sock" }, lastRun: { runId, end: undefined } },
      { kind: "readable", jobName: "trains", lock: undefined, control: undefined, lastRun: undefined },
    ]);
  });

  test("of a dead process shows no socket of an earlier one", async () => {
    const machine = new Machine();
    const first = await openStateDirectory(machine.options(1));
    await first.recordControl("/run/millrace/x.sock");
    await first.close();
    await openStateDirectory(machine.options(2));
    expect(await listStateDirectories(machine.disk, root)).toMatchObject([{ lock: { pid: 2 }, control: undefined }]);
    expect(await readControl(machine.disk, `${root}/flights`)).toMatchObject({ pid: 1 });
  });
});

describe("names and paths", () => {
  test.each(["airport-delays", "q5", "A.b_c-1", "x".repeat(80)])("a job may be called %j", (name) => checkJobName(name));

  test.each(["", ".", "..", ".hidden", "a/b", "a\\b", "a b", "é", "con", "NUL.txt", "ends.", "-x", "x".repeat(81)])(
    "a job cannot be called %j",
    (name) => {
      expect(() => checkJobName(name)).toThrow(expect.objectContaining({ code: "JOB_NAME" }));
    },
  );

  test("a control socket's path is short, and another for each directory", () => {
    const long = `/${"very/long/".repeat(50)}`;
    const paths = [`${long}a`, `${long}b`].map((path) => controlSocketPath("/run/user/1000/millrace", path));
    expect(new Set(paths).size).toBe(2);
    for (const path of paths) expect(path.length).toBeLessThanOrEqual(100);
    expect(() => controlSocketPath(`/${"x".repeat(90)}`, "/a")).toThrow(expect.objectContaining({ code: "STATE_SOCKET_PATH" }));
  });

  test("the runtime directory is the login's, or this user's under the temporary one", () => {
    expect(runtimeDirectory({ XDG_RUNTIME_DIR: "/run/user/7" })).toBe("/run/user/7/millrace");
    expect(runtimeDirectory({})).toMatch(/millrace-\d+$/);
  });
});

/** A process that locks the state directory and says so. */
function holdLock(path: string, then: "stays" | "ends") {
  return spawn(process.execPath, ["--conditions=millrace-source", join(import.meta.dirname, "hold-lock.ts"), path, then], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

describe("on a real machine", () => {
  test("processes are told apart by their start", () => {
    expect(nodeProcessFacts.alive(nodeProcessFacts.pid)).toBe(true);
    expect(nodeProcessFacts.startTime(nodeProcessFacts.pid)).toBe(nodeProcessFacts.startTime(nodeProcessFacts.pid));
    expect(nodeProcessFacts.alive(2 ** 22 + 1)).toBe(false);
    expect(nodeProcessFacts.startTime(2 ** 22 + 1)).toBeUndefined();
  });

  test.runIf(process.platform === "linux")(
    "a run in another container is recovered when it was killed, and not while it lives, however long the path",
    async () => {
      const parent = await mkdtemp(join(tmpdir(), "millrace-state-"));
      const path = join(parent, "a-directory-with-a-long-name-".repeat(5), "flights");
      const child = holdLock(path, "stays");
      const there = { ...new Machine().options(1), ports: nodePorts, processes: { ...nodeProcessFacts, namespace: "another" }, path };
      try {
        await once(child.stdout, "data");
        expect(await errorOf(() => openStateDirectory({ ...there, breakLock: true }))).toMatchObject({
          code: "STATE_LOCKED",
          message: expect.stringContaining(`process ${child.pid} of another container`),
        });
        child.kill("SIGKILL");
        await once(child, "exit");
        const directory = await openStateDirectory(there);
        expect(directory.recovered).toMatchObject({ pid: child.pid });
        expect(await readdir(join(path, "lock"))).toHaveLength(2);
        await directory.close();
        expect(await readdir(join(path, "lock"))).toEqual([]);
      } finally {
        child.kill("SIGKILL");
        await rm(parent, { recursive: true });
      }
    },
  );

  test("a lock that nobody gives back keeps no process from ending", async () => {
    const parent = await mkdtemp(join(tmpdir(), "millrace-state-"));
    const child = holdLock(join(parent, "flights"), "ends");
    try {
      expect(await once(child, "exit")).toEqual([0, null]);
    } finally {
      child.kill("SIGKILL");
      await rm(parent, { recursive: true });
    }
  });

  test("a run that was killed is recovered, a living one is not, and the directory is private", async () => {
    const parent = await mkdtemp(join(tmpdir(), "millrace-state-"));
    const path = join(parent, "flights");
    const child = holdLock(path, "stays");
    try {
      const [told] = await once(child.stdout, "data");
      expect(String(told)).toBe("locked\n");
      const options = { ...new Machine().options(1), ports: nodePorts, processes: nodeProcessFacts, path };
      expect(await errorOf(() => openStateDirectory(options))).toMatchObject({
        code: "STATE_LOCKED",
        message: expect.stringContaining(`process ${child.pid}`),
      });
      child.kill("SIGKILL");
      await once(child, "exit");
      await using directory = await openStateDirectory(options);
      expect(directory.recovered).toMatchObject({ pid: child.pid });
      expect((await stat(path)).mode & 0o777).toBe(0o700);
    } finally {
      child.kill("SIGKILL");
      await rm(parent, { recursive: true });
    }
  });
});
