import { describe, expect, it } from "vitest";
import { SimulatedTime } from "../simulated/index.ts";
import { patience } from "./patience.ts";

describe("patience", () => {
  const rejection = async (over: Promise<never>): Promise<string> => over.then(() => "", String);

  it("is over when its time has gone by, and says what was waited for", async () => {
    const time = new SimulatedTime(0, undefined);
    let word: string | undefined;
    const { over } = patience(time, 1_000, () => "nothing came");
    void rejection(over).then((said) => {
      word = said;
    });
    await time.advance(990);
    expect(word).toBeUndefined();
    await time.advance(20);
    expect(word).toBe("Error: nothing came");
  });

  it("does not count the time for which the process was stopped", async () => {
    const time = new SimulatedTime(0, undefined);
    let over = false;
    patience(time, 1_000, () => "").over.catch(() => {
      over = true;
    });
    await time.advance(400);
    time.skip(3_600_000);
    await time.advance(400);
    expect(over).toBe(false);
    await time.advance(400);
    expect(over).toBe(true);
  });

  it("begins anew with each sign of life, and ends when it is no longer needed", async () => {
    const time = new SimulatedTime(0, undefined);
    let over = false;
    const waiting = patience(time, 1_000, () => "");
    waiting.over.catch(() => {
      over = true;
    });
    for (let turn = 0; turn < 5; turn++) {
      await time.advance(900);
      waiting.renew();
    }
    waiting.end();
    await time.advance(10_000);
    expect(over).toBe(false);
    expect(time.pending).toBe(0);
  });
});
