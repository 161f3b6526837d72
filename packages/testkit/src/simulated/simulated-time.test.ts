import { describe, expect, it } from "vitest";
import { simulatedPorts } from "./simulated-ports.ts";

describe("simulated time", () => {
  it("runs tasks by their time, those of one time in the order of scheduling, and jumps over what lies between", async () => {
    const { time, clock } = simulatedPorts({ seed: 1, startMs: 1_000 });
    const ran: string[] = [];
    time.after(50, () => ran.push(`c ${clock.now()}`));
    time.after(10, () => ran.push(`b ${clock.now()}`));
    time.immediate(() => ran.push(`a ${clock.now()}`));
    time.after(10, () => ran.push(`b2 ${clock.now()}`));
    const cancel = time.after(20, () => ran.push("cancelled"));
    cancel();
    await time.advance(49);
    expect(ran).toEqual(["a 1000", "b 1010", "b2 1010"]);
    expect(clock.now()).toBe(1_049);
    await time.advance(1);
    expect(ran.at(-1)).toBe("c 1050");
    expect(time.pending).toBe(0);
  });

  it("lets promises go on between two tasks", async () => {
    const { time } = simulatedPorts({ seed: 1 });
    const ran: string[] = [];
    time.immediate(async () => {
      await Promise.resolve();
      ran.push("after the promise");
    });
    time.immediate(() => ran.push("next task"));
    await time.runUntil(() => ran.length === 2);
    expect(ran).toEqual(["after the promise", "next task"]);
  });

  it("goes by while it is looked at, so that a task that never rests keeps no other from running", async () => {
    const { time, clock } = simulatedPorts({ seed: 1, shuffle: true });
    let isOver = false;
    const work = (): void => {
      clock.monotonic();
      if (!isOver) time.immediate(work);
    };
    work();
    time.after(5, () => {
      isOver = true;
    });
    await time.runUntil(() => isOver, 10);
    expect(clock.monotonic()).toBeGreaterThan(5);
  });

  it("says so when it stands still", async () => {
    const { time } = simulatedPorts({ seed: 1 });
    await expect(time.runUntil(() => false)).rejects.toThrow("stands still");
  });

  it("shuffles tasks of one time by seed, the same way for the same seed", async () => {
    const orderOf = async (seed: number): Promise<string> => {
      const { time } = simulatedPorts({ seed, shuffle: true });
      const ran: number[] = [];
      for (let i = 0; i < 6; i++) time.immediate(() => ran.push(i));
      await time.advance(1);
      return ran.join("");
    };
    const orders = await Promise.all([1, 2, 3, 4, 5].map(orderOf));
    expect(new Set(orders).size).toBeGreaterThan(1);
    expect(await orderOf(3)).toBe(orders[2]);
  });
});
