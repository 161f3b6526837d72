import type { VolatileDisk } from "@millrace/testkit";
import { describe, expect, test } from "vitest";
import { openStateDirectory, readLock } from "../../src/state-directory/index.ts";
import { errorOf, Kernel, Machine } from "./machine.ts";

const path = "/project/.millrace/flights";

describe("the lock of a state directory", () => {
  test("refuses a second run, telling its process and how to look at it", async () => {
    const machine = new Machine();
    await openStateDirectory(machine.options(100));
    expect(await errorOf(() => openStateDirectory(machine.options(200)))).toMatchObject({
      code: "STATE_LOCKED",
      message: "the job flights in /project/.millrace/flights is being run by process 100 since 2026-01-01T00:00:00.000Z",
      hint: expect.stringContaining("ps -fp 100"),
    });
  });

  test("refuses the same process too", async () => {
    const machine = new Machine();
    await openStateDirectory(machine.options(100));
    expect(await errorOf(() => openStateDirectory(machine.options(100)))).toMatchObject({ code: "STATE_LOCKED" });
  });

  test("is free again after an orderly close", async () => {
    const machine = new Machine();
    const first = await openStateDirectory(machine.options(100));
    await first.close();
    await first.close();
    expect(await readLock(machine.disk, path)).toBeUndefined();
    const second = await openStateDirectory(machine.options(200));
    expect(second.recovered).toBeUndefined();
    expect(second.lockToken).not.toBe(first.lockToken);
  });

  test("is recovered from a process that is gone, and says from which", async () => {
    const machine = new Machine();
    const first = await openStateDirectory(machine.options(100));
    machine.kill(100);
    const second = await openStateDirectory(machine.options(200));
    expect(second.recovered).toMatchObject({ pid: 100, token: first.lockToken });
    expect(await readLock(machine.disk, path)).toMatchObject({ pid: 200, phase: "holding" });
    expect((await machine.disk.list(`${path}/lock`)).length).toBe(1);
  });

  test("is recovered when its number belongs to another process now", async () => {
    const machine = new Machine();
    await openStateDirectory(machine.options(100));
    machine.kill(100);
    machine.start(100, "much later");
    expect((await openStateDirectory(machine.options(200))).recovered).toMatchObject({ pid: 100 });
  });

  test("is not recovered while its socket answers, whatever the process table says", async () => {
    const machine = new Machine();
    const first = await openStateDirectory(machine.options(100));
    await first.recordControl("/run/millrace/x.sock");
    machine.kill(100);
    const asked: string[] = [];
    const probe = async ({ socketPath }: { socketPath: string }) => asked.push(socketPath) > 0;
    expect(await errorOf(() => openStateDirectory(machine.options(200, { probe, breakLock: true })))).toMatchObject({ code: "STATE_LOCKED" });
    expect(new Set(asked)).toEqual(new Set(["/run/millrace/x.sock"]));
  });

  test("does not ask the socket of an earlier holder", async () => {
    const machine = new Machine();
    const first = await openStateDirectory(machine.options(100));
    await first.recordControl("/run/millrace/x.sock");
    await first.close();
    await openStateDirectory(machine.options(200));
    machine.kill(200);
    const probe = async () => true;
    expect((await openStateDirectory(machine.options(300, { probe }))).recovered).toMatchObject({ pid: 200 });
  });

  test("of another machine needs --break-lock, and the one who lost it notices", async () => {
    const there = new Machine("there");
    const here = new Machine("here", there.disk);
    const first = await openStateDirectory(there.options(100));
    expect(await errorOf(() => openStateDirectory(here.options(100)))).toMatchObject({
      code: "STATE_LOCKED",
      message: expect.stringContaining("process 100 on there"),
      hint: expect.stringContaining("--break-lock"),
    });
    await first.verifyLock();
    const second = await openStateDirectory(here.options(100, { breakLock: true }));
    expect(await errorOf(() => first.verifyLock())).toMatchObject({ code: "STATE_LOCK_LOST" });
    await first.close();
    await second.verifyLock();
  });

  test("is recovered by itself after the machine has started anew", async () => {
    const before = new Machine("here", undefined, "pid:[1]");
    const first = await openStateDirectory(before.options(100, { processes: before.start(100, "boot 1 at 5") }));
    const after = new Machine("here", before.disk, "pid:[1]");
    after.start(100, "boot 2 at 5");
    expect((await openStateDirectory(after.options(200))).recovered).toMatchObject({ token: first.lockToken });
  });

  test("that says of no namespace is judged as one of this", async () => {
    const before = new Machine();
    await openStateDirectory(before.options(100));
    const [name = ""] = await before.disk.list(`${path}/lock`);
    const { namespace: _none, ...old } = JSON.parse(new TextDecoder().decode(await before.disk.readFile(`${path}/lock/${name}`)));
    before.disk.tamper(`${path}/lock/${name}`, new TextEncoder().encode(JSON.stringify(old)));
    const machine = new Machine("here", before.disk, "pid:[1]");
    machine.start(100);
    expect(await errorOf(() => openStateDirectory(machine.options(200)))).toMatchObject({ hint: expect.stringContaining("ps -fp 100") });
    machine.kill(100);
    expect((await openStateDirectory(machine.options(200))).recovered).toMatchObject({ pid: 100 });
  });

  test("is not broken while its process is known to run", async () => {
    const machine = new Machine();
    await openStateDirectory(machine.options(100));
    expect(await errorOf(() => openStateDirectory(machine.options(200, { breakLock: true })))).toMatchObject({ code: "STATE_LOCKED" });
  });

  test("where start times are unknown may be broken, but is not recovered by itself", async () => {
    const machine = new Machine();
    const blind = (pid: number) => ({ ...machine.start(pid), startTime: () => undefined });
    await openStateDirectory(machine.options(100, { processes: blind(100) }));
    const error = await errorOf(() => openStateDirectory(machine.options(200, { processes: blind(200) })));
    expect(error).toMatchObject({ code: "STATE_LOCKED", hint: expect.stringContaining("--break-lock") });
    await openStateDirectory(machine.options(200, { processes: blind(200), breakLock: true }));
  });

  test("that cannot be understood is left to the user", async () => {
    const machine = new Machine();
    await (await openStateDirectory(machine.options(100))).close();
    machine.disk.tamper(`${path}/lock/00112233445566778899aabbccddeeff.json`, new TextEncoder().encode('{"formatVersion":2}\n'));
    expect(await errorOf(() => openStateDirectory(machine.options(200)))).toMatchObject({
      code: "STATE_LOCKED",
      hint: expect.stringContaining("remove"),
    });
  });

  test("is given back when opening fails after it was taken", async () => {
    const machine = new Machine();
    await (await openStateDirectory(machine.options(100))).close();
    expect(await errorOf(() => openStateDirectory(machine.options(200, { jobName: "other" })))).toMatchObject({ code: "STATE_OTHER_JOB" });
    await openStateDirectory(machine.options(300));
  });
});

describe("the lock of a container with this one's host name", () => {
  /** Process 1 of a container that shares the disk and, unless another is given, the kernel. */
  const container = (namespace: string, disk: VolatileDisk | undefined, kernel: Kernel | undefined) => {
    const machine = new Machine("millrace-0", disk, namespace, kernel);
    const options = machine.options(1);
    machine.start(1, `start in ${namespace}`);
    return { machine, options };
  };
  const locked = { code: "STATE_LOCKED", message: expect.stringContaining("process 1 of another container on millrace-0") };
  const needsBreaking = { ...locked, message: expect.stringContaining("was locked"), hint: expect.stringContaining("--break-lock") };

  test("is held as long as its process listens, --break-lock or not", async () => {
    const kernel = new Kernel();
    const there = container("pid:[2]", undefined, kernel);
    const here = container("pid:[3]", there.machine.disk, kernel);
    const first = await openStateDirectory(there.options);
    for (const breakLock of [false, true]) {
      expect(await errorOf(() => openStateDirectory({ ...here.options, breakLock }))).toMatchObject({
        ...locked,
        hint: expect.stringContaining("its container runs on this machine"),
      });
    }
    await first.verifyLock();
    await first.close();
    expect((await openStateDirectory(here.options)).recovered).toBeUndefined();
    expect(await here.machine.disk.list(`${path}/lock`)).toHaveLength(2);
  });

  test("is recovered by itself when nobody listens any more, and its socket is removed", async () => {
    const kernel = new Kernel();
    const before = container("pid:[2]", undefined, kernel);
    const first = await openStateDirectory(before.options);
    before.machine.kill(1);
    const second = await openStateDirectory(container("pid:[3]", before.machine.disk, kernel).options);
    expect(second.recovered).toMatchObject({ pid: 1, token: first.lockToken, namespace: "pid:[2]" });
    const { lockToken } = second;
    expect(await before.machine.disk.list(`${path}/lock`)).toEqual([`${lockToken}.json`, `${lockToken}.sock`]);
    await second.close();
    expect(await before.machine.disk.list(`${path}/lock`)).toEqual([]);
  });

  test("is recovered by itself when its socket has been removed, which is the first that whoever takes or gives back a lock does", async () => {
    const kernel = new Kernel();
    const there = container("pid:[2]", undefined, kernel);
    const { lockToken } = await openStateDirectory(there.options);
    there.machine.disk.tamper(`${path}/lock/${lockToken}.sock`, undefined);
    const here = container("pid:[3]", there.machine.disk, kernel);
    expect((await openStateDirectory(here.options)).recovered).toMatchObject({ token: lockToken });
  });

  test("needs --break-lock where there is no socket, and is not judged by numbers that count only there", async () => {
    const there = container("pid:[2]", undefined, undefined);
    await openStateDirectory(there.options);
    const here = container("pid:[3]", there.machine.disk, new Kernel());
    expect(await errorOf(() => openStateDirectory(here.options))).toMatchObject(needsBreaking);
    await openStateDirectory({ ...here.options, breakLock: true });
    expect(await readLock(there.machine.disk, path)).toMatchObject({ pid: 1, namespace: "pid:[3]" });
  });

  test("needs --break-lock when its kernel is another, whose sockets nobody here could reach", async () => {
    const there = container("pid:[2]", undefined, new Kernel());
    await openStateDirectory(there.options);
    const here = container("pid:[3]", there.machine.disk, new Kernel());
    expect(await errorOf(() => openStateDirectory(here.options))).toMatchObject(needsBreaking);
    await openStateDirectory({ ...here.options, breakLock: true });
  });

  test("needs --break-lock when its socket can't be asked", async () => {
    const kernel = new Kernel();
    const there = container("pid:[2]", undefined, kernel);
    await openStateDirectory(there.options);
    const here = container("pid:[3]", there.machine.disk, kernel);
    const liveness = { listen: async () => undefined, listens: async () => undefined };
    const blind = { ...here.options, processes: { ...here.options.processes, liveness } };
    expect(await errorOf(() => openStateDirectory(blind))).toMatchObject(needsBreaking);
    await openStateDirectory({ ...blind, breakLock: true });
  });

  test("that has the same processes is judged by their numbers, whoever listens", async () => {
    const kernel = new Kernel();
    const there = container("pid:[2]", undefined, kernel);
    const { lockToken } = await openStateDirectory(there.options);
    const here = container("pid:[2]", there.machine.disk, kernel);
    here.machine.start(1, "later");
    expect((await openStateDirectory(here.machine.options(2))).recovered).toMatchObject({ token: lockToken });
  });
});
