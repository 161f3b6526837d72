import type { FileHandle, Files, Ports } from "@millrace/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { acquireLock } from "../../src/state-directory/index.ts";
import type { Liveness, ProcessFacts } from "../../src/state-directory/process-facts.ts";
import { Kernel, Machine } from "./machine.ts";

const directory = "/project/.millrace/flights";

/** The shared disk as one process sees it: others may do anything before each operation, and a dead process does no more. */
function slowly(files: Files, turn: () => Promise<void>): Files {
  const slow = <Arguments extends unknown[], Result>(work: (...given: Arguments) => Promise<Result>) => {
    return async (...given: Arguments): Promise<Result> => {
      await turn();
      return work(...given);
    };
  };
  return {
    open: slow(async (path, mode) => {
      const handle = await files.open(path, mode);
      const slowHandle: FileHandle = {
        read: (into, position) => handle.read(into, position),
        readSync: (into, position) => handle.readSync(into, position),
        write: slow((bytes) => handle.write(bytes)),
        truncate: slow((length) => handle.truncate(length)),
        stat: () => handle.stat(),
        sync: () => handle.sync(),
        close: () => handle.close(),
      };
      return slowHandle;
    }),
    readFile: slow((path) => files.readFile(path)),
    stat: slow((path) => files.stat(path)),
    list: slow((path) => files.list(path)),
    makeDirectory: slow((path, mode) => files.makeDirectory(path, mode)),
    rename: slow((from, to) => files.rename(from, to)),
    remove: slow((path) => files.remove(path)),
    truncate: slow((path, length) => files.truncate(path, length)),
    syncDirectory: slow((path) => files.syncDirectory(path)),
  };
}

function askingSlowly(processes: ProcessFacts, turn: () => Promise<void>): ProcessFacts {
  const { liveness } = processes;
  if (liveness === undefined) return processes;
  const listen: Liveness["listen"] = (...place) => turn().then(() => liveness.listen(...place));
  const listens: Liveness["listens"] = (...place) => turn().then(() => liveness.listens(...place));
  return { ...processes, liveness: { listen, listens } };
}

const scenario = fc.record({
  contenders: fc.integer({ min: 2, max: 4 }),
  /** Each in a container of its own. */
  contained: fc.boolean(),
  deadHolder: fc.boolean(),
  killed: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
});

test("whatever the order of their steps and wherever some die, at most one living process holds the lock", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), scenario, async (steps, { contenders, contained, deadHolder, killed }) => {
      const machine = new Machine();
      await machine.disk.makeDirectory(directory);
      const kernel = new Kernel();
      const containers = new Map<number, Machine>();
      const machineOf = (pid: number): Machine => {
        if (!contained) return machine;
        if (!containers.has(pid)) containers.set(pid, new Machine("here", machine.disk, `pid:[${pid}]`, kernel));
        return containers.get(pid) as Machine;
      };
      const base = { directory, jobName: "flights", breakLock: false, probe: async () => false };
      if (deadHolder) {
        await acquireLock({ ...base, ports: machine.ports, processes: machineOf(99).start(99) });
        machineOf(99).kill(99);
      }
      const dead = new Set<number>();
      const kill = (pid: number): void => {
        dead.add(pid);
        machineOf(pid).kill(pid);
      };
      const holding = new Set<number>();
      const refused: number[] = [];
      for (let pid = 1; pid <= contenders; pid++) {
        const processes = machineOf(pid).start(pid);
        const turn = async () => {
          await steps.schedule(Promise.resolve(), `process ${pid}`);
          if (!processes.alive(pid)) await new Promise(() => {});
        };
        const after: Ports["scheduler"]["after"] = (_delayMs, task) => {
          void turn().then(task);
          return () => {};
        };
        const { clock, random, scheduler } = machine.ports;
        const ports = { clock, random, scheduler: { ...scheduler, after }, files: slowly(machine.disk, turn) };
        acquireLock({ ...base, ports, processes: askingSlowly(processes, turn) }).then(
          () => {
            holding.add(pid);
            expect([...holding].filter((each) => !dead.has(each))).toEqual([pid]);
          },
          () => refused.push(pid),
        );
      }
      for (const pid of killed) void steps.schedule(Promise.resolve(), `kill ${pid}`).then(() => kill(pid));
      await steps.waitIdle();
      const survivors = Array.from({ length: contenders }, (_, index) => index + 1).filter((pid) => !killed.includes(pid));
      const living = survivors.filter((pid) => holding.has(pid));
      expect(living.length).toBeLessThanOrEqual(1);
      for (const pid of survivors) expect(holding.has(pid) || refused.includes(pid)).toBe(true);
      if (killed.length === 0) expect(living.length).toBe(1);
      for (const pid of survivors) kill(pid);
      await acquireLock({ ...base, ports: machine.ports, processes: machineOf(50).start(50) });
    }),
    { numRuns: 300 },
  );
});
