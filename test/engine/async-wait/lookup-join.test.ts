import { asyncRetry, collect, collection, defineJob, startJob } from "millrace";
import { describe, expect, it } from "vitest";

describe("a lookup join", () => {
  const names = new Map([
    [1, "one"],
    [2, "two"],
  ]);

  it.each([
    ["inner", ["one", "two", "one"]],
    ["leftOuter", ["one", "two", "none", "one"]],
  ] as const)("gives each record what is found under its key: %s", async (kind, expected) => {
    const sink = collect<string>();
    const job = defineJob("names", (env) => {
      const joined = env.from(collection([1, 2, 3, 1]), { uid: "in" }).lookupJoin(
        (n) => n,
        async (n) => names.get(n),
      );
      const options = { uid: "names", timeoutMs: 5_000, cache: { maxEntries: 100, ttlMs: 60_000 } };
      const named = kind === "inner" ? joined.select((_, name) => name, options) : joined.leftOuter().select((_, name) => name ?? "none", options);
      named.to(sink, { uid: "out" });
    });
    await (await startJob(job, { ephemeral: true })).finished;
    expect(sink.values).toEqual(expected);
  });

  it("asks again for what its retry does not take, and caches what comes of that", async () => {
    const sink = collect<string>();
    let asked = 0;
    const job = defineJob("names", (env) => {
      env
        .from(collection(["a"]), { uid: "in" })
        .lookupJoin(
          (name) => name,
          async () => (++asked === 1 ? undefined : "Ada"),
        )
        .leftOuter()
        .select((name, found) => `${name}=${found ?? "nobody"}`, {
          uid: "names",
          timeoutMs: 60_000,
          retry: asyncRetry.fixedDelay<string | undefined>({ attempts: 3, delayMs: 1, ifResult: (found) => found === undefined }),
          cache: { maxEntries: 100, ttlMs: 60_000 },
        })
        .to(sink, { uid: "out" });
    });
    await (await startJob(job, { ephemeral: true })).finished;
    expect(sink.values).toEqual(["a=Ada"]);
  });
});
