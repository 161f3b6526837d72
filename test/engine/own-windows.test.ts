import { type Collector, collection, defineJob, type Evictor, monotonousTimestamps, print, t, tumbling, type WindowAssigner } from "millrace";
import { runJob, verifyJob } from "millrace/testing";
import { describe, expect, it } from "vitest";

interface Stay {
  readonly guest: string;
  readonly from: number;
  readonly until: number;
}

/** A record says itself how long its window is. */
const stays: WindowAssigner<Stay> = {
  ...tumbling(1),
  description: { type: "stays", time: "event" },
  shape: { kind: "interval" },
  assign: ({ from, until }) => [{ start: from, end: until }],
};

/** Keeps every other element. */
const everyOther: Evictor<Stay> = {
  description: { type: "everyOther" },
  evictBefore: (elements) => elements.filter((_, index) => index % 2 === 0),
};

function guests(evictor?: Evictor<Stay>) {
  return defineJob("guests", (env) => {
    const windows = env
      .from(collection<Stay>([]), { uid: "stays", watermarks: monotonousTimestamps((stay) => stay.from) })
      .keyBy(() => "all")
      .window(stays);
    (evictor === undefined ? windows : windows.evictor(evictor))
      .process(
        {
          process(elements, { window }, out: Collector<string>) {
            out.collect(`${window.start} to ${window.end}: ${[...elements].map(({ guest }) => guest).join(" ")}`);
          },
        },
        { uid: "guests", codec: t.object({ guest: t.string(), from: t.integer(), until: t.integer() }) },
      )
      .to(print(), { uid: "out" });
  });
}

const inputs = {
  stays: [
    { guest: "ada", from: 0, until: 10 },
    { guest: "bo", from: 0, until: 10 },
    { guest: "cy", from: 0, until: 25 },
    { guest: "di", from: 0, until: 10 },
    { guest: "ed", from: 12, until: 25 },
  ],
};

describe("windows of one's own", () => {
  it("hold the records that their assigner puts into them, through stops and deaths", async () => {
    const { outputs } = await verifyJob(guests(), { inputs });
    expect([...(outputs.out ?? [])].sort()).toEqual(["0 to 10: ada bo di", "0 to 25: cy", "12 to 25: ed"]);
  });

  it("give up what their evictor takes out", async () => {
    const { outputs } = await runJob(guests(everyOther), { inputs });
    expect([...(outputs.out ?? [])].sort()).toEqual(["0 to 10: ada di", "0 to 25: cy", "12 to 25: ed"]);
  });
});
