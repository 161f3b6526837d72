import { appendFile, readdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  boundedOutOfOrderness,
  collect,
  collection,
  datagen,
  defineJob,
  discard,
  type JobDefinition,
  outputTag,
  type Sink,
  type StreamExecutionEnvironment,
  startJob,
  state,
  stdin,
  t,
} from "millrace";
import { type BadInputRecord, csv, fileSink, files, jsonLines, lines } from "millrace/files";
import { describe, expect, it } from "vitest";
import { countOf, inDirectory, published, slowSink, startNoted, until, upTo } from "./support.ts";

const once = { restart: { kind: "fixedDelay", attempts: 5, delayMs: 10 } } as const;

function job(build: (env: StreamExecutionEnvironment) => void): JobDefinition {
  return defineJob("faulty", build);
}

/** A job over numbers whose map function is the one to test. */
function mapping(fn: (n: number) => unknown, sink: Sink<unknown> = discard()): JobDefinition {
  return job((env) =>
    env
      .from(collection(upTo(100)), { uid: "numbers" })
      .map(fn, { uid: "mapped" })
      .rebalance()
      .to(sink, { uid: "out" }),
  );
}

describe("a job that can't be built", () => {
  it("is refused with what its builder threw", async () => {
    const broken = job(() => {
      throw new TypeError("no such topic");
    });
    await expect(startJob(broken, { ephemeral: true })).rejects.toThrow("no such topic");
  });

  it("is refused with options that can't be, before there is a state directory", () =>
    inDirectory(async (directory) => {
      const numbers = job((env) => env.from(collection([1]), { uid: "numbers" }).to(discard(), { uid: "out" }));
      const stateDir = join(directory, "state");
      for (const options of [
        { stateDir, checkpointIntervalMs: Number.NaN },
        { stateDir, batchSize: 0 },
        { ephemeral: true, batchSize: 0 },
      ]) {
        await expect(startJob(numbers, options)).rejects.toMatchObject({ code: "JOB_OPTION", where: { job: "faulty" } });
      }
      expect(await readdir(directory)).toEqual([]);
    }));

  it("is refused when two nodes have one uid, and says which", async () => {
    const twice = job((env) => {
      env.from(collection([1]), { uid: "same" }).to(discard(), { uid: "same" });
    });
    await expect(startJob(twice, { ephemeral: true })).rejects.toMatchObject({
      code: "PLAN_UID_DUPLICATE",
      message: expect.stringContaining("same"),
      hint: expect.any(String),
    });
  });

  it("is refused when a stateful node has no uid, and says where", async () => {
    const nameless = job((env) => {
      env.from(collection([1]), { uid: undefined as unknown as string }).to(discard(), { uid: "out" });
    });
    await expect(startJob(nameless, { ephemeral: true })).rejects.toMatchObject({ code: "PLAN_UID", hint: expect.any(String) });
  });
});

describe("a record of a kind that can't travel", () => {
  const refusals = [
    { what: "at parallelism 2", options: { parallelism: 2 } },
    { what: "with --dev at parallelism 1", options: { dev: true } },
  ];
  for (const { what, options } of refusals) {
    it(`is refused ${what}, by the path of its field`, async () => {
      const failing = mapping((n) => ({ order: { callback: n === 50 ? () => n : n } }));
      const running = await startJob(failing, { ephemeral: true, restart: { kind: "none" }, ...options });
      await expect(running.finished).rejects.toMatchObject({
        message: expect.stringContaining("order.callback"),
        code: expect.any(String),
        hint: expect.any(String),
      });
    });
  }
});

describe("a bad record of a file", () => {
  const text = '{"n":1}\n{"n":\n{"n":3}\n';
  const bad = outputTag<BadInputRecord>("bad");

  it("fails the job with file, line and text, once and for all", () =>
    inDirectory(async (directory) => {
      await writeFile(join(directory, "in.jsonl"), text);
      const reading = job((env) =>
        env.from(files(join(directory, "in.jsonl"), jsonLines<{ n: number }>()), { uid: "in" }).to(discard(), { uid: "out" }),
      );
      const running = await startJob(reading, { stateDir: join(directory, "state"), ...once });
      await expect(running.finished).rejects.toMatchObject({
        message: expect.stringContaining("in.jsonl:2"),
        where: { uid: "in", position: expect.stringContaining("in.jsonl:2") },
      });
    }));

  it("is left out and counted on request", () =>
    inDirectory(async (directory) => {
      await writeFile(join(directory, "in.csv"), "n\n1\nx\n3\n");
      const sink = collect<number>();
      const format = csv({ columns: { n: "number" } });
      const reading = job((env) =>
        env
          .from(files(join(directory, "in.csv"), format, { onError: "skip" }), { uid: "in" })
          .map(({ n }) => n)
          .to(sink, { uid: "out" }),
      );
      const running = await startJob(reading, { ephemeral: true });
      const result = await running.finished;
      expect(sink.values).toEqual([1, 3]);
      expect(result.operators[0]?.skipped).toBe(1);
    }));

  it("goes to a side output on request", () =>
    inDirectory(async (directory) => {
      await writeFile(join(directory, "in.jsonl"), text);
      const sink = collect<number>();
      const aside = collect<BadInputRecord>();
      const reading = job((env) => {
        const all = env.from(files(join(directory, "in.jsonl"), jsonLines<{ n: number }>(), { onError: bad }), { uid: "in" });
        all.map(({ n }) => n).to(sink, { uid: "out" });
        all.sideOutput(bad).to(aside, { uid: "aside" });
      });
      await (await startJob(reading, { ephemeral: true })).finished;
      expect(sink.values).toEqual([1, 3]);
      expect(aside.values).toMatchObject([{ line: 2, text: '{"n":' }]);
    }));
});

describe("an input file", () => {
  const reading = (directory: string, sink: Sink<string>): JobDefinition =>
    job((env) => env.from(files(join(directory, "in.txt"), lines()), { uid: "in" }).to(sink, { uid: "out" }));
  const fill = (directory: string, count: number) =>
    writeFile(
      join(directory, "in.txt"),
      upTo(count)
        .map((n) => `line ${n}\n`)
        .join(""),
    );

  it("that is not there refuses the start", () =>
    inDirectory(async (directory) => {
      await expect(startJob(reading(directory, discard()), { stateDir: join(directory, "state") })).rejects.toMatchObject({
        code: "SOURCE_NO_FILES",
        message: expect.stringContaining("in.txt"),
        hint: expect.any(String),
      });
    }));

  for (const [what, change] of [
    ["shrinks", (path: string) => truncate(path, 100)],
    ["vanishes", (path: string) => rm(path)],
    [
      "is replaced",
      async (path: string) => {
        await writeFile(`${path}.new`, "another\n".repeat(500_000));
        await rename(`${path}.new`, path);
      },
    ],
  ] as const) {
    it(`that ${what} between stop and resumption fails the job and says so`, () =>
      inDirectory(async (directory) => {
        await fill(directory, 200_000);
        const stateDir = join(directory, "state");
        const first = await startNoted(reading(directory, slowSink()), stateDir, { batchSize: 16 });
        await until(() => countOf(first.events, "checkpointCompleted") > 0);
        expect((await first.job.stop()).end).toBe("stopped");
        await change(join(directory, "in.txt"));
        const outcome = startJob(reading(directory, slowSink()), { stateDir, restart: { kind: "none" } }).then((again) => again.finished);
        await expect(outcome).rejects.toMatchObject({
          code: expect.stringMatching(/^SOURCE_/),
          message: expect.stringContaining("in.txt"),
          hint: expect.any(String),
        });
      }));
  }

  it("that grows while the job runs is read as far as it reached when it was opened", () =>
    inDirectory(async (directory) => {
      await fill(directory, 50_000);
      const sink = collect<string>();
      const { job: running } = await startNoted(reading(directory, sink), join(directory, "state"), { batchSize: 4 });
      await appendFile(join(directory, "in.txt"), "more\n");
      expect((await running.finished).end).toBe("finished");
      expect(sink.values.filter((line) => line.startsWith("line"))).toHaveLength(50_000);
    }));
});

describe("a timestamp", () => {
  for (const [what, value] of [
    ["that is NaN", Number.NaN],
    ["that is a string", "2024-01-01"],
    ["that is a fraction", 1.5],
    ["out of range", 2 ** 60],
    ["that is a Date", new Date(0)],
  ] as const) {
    it(`${what} fails the job with uid and position`, async () => {
      const timed = job((env) => {
        const timestampOf = (n: number) => (n === 70 ? value : n) as number;
        env.from(collection(upTo(100)), { uid: "numbers", watermarks: boundedOutOfOrderness(0, timestampOf) }).to(discard(), { uid: "out" });
      });
      const running = await startJob(timed, { ephemeral: true, restart: { kind: "none" } });
      await expect(running.finished).rejects.toMatchObject({
        code: "TIME_TIMESTAMP",
        where: { uid: "numbers", position: "collection[70]" },
        hint: expect.any(String),
      });
    });
  }
});

describe("the timestamp of a line", () => {
  for (const [what, timestampOf, code] of [
    ["is refused", (line: string) => (line === "c" ? (line as unknown as number) : 0), "TIME_TIMESTAMP"],
    ["can't be told", (line: string) => (line === "c" ? thrown("no time") : 0), "USER_FUNCTION"],
  ] as const) {
    it.each(["file", "standard input"])(`that ${what} fails the job with that line of a %s, not with the next one`, (from) =>
      inDirectory(async (directory) => {
        const text = "a\nb\nc\nd\n";
        await writeFile(join(directory, "in.txt"), text);
        const options = { uid: "in", watermarks: boundedOutOfOrderness<string>(0, timestampOf) };
        const timed = job((env) => {
          const read =
            from === "file"
              ? env.from(files(join(directory, "in.txt"), lines()), options)
              : env.from(stdin(lines(), { input: () => Readable.from([Buffer.from(text)]) }), options);
          read.to(discard(), { uid: "out" });
        });
        const running = await startJob(timed, { ephemeral: true, restart: { kind: "none" } });
        await expect(running.finished).rejects.toMatchObject({ code, where: { uid: "in", position: expect.stringMatching(/:3$/) } });
      }),
    );
  }
});

function thrown(message: string): never {
  throw new RangeError(message);
}

it("an asynchronous call that fails names the record that it was made for", async () => {
  const asking = job((env) => {
    env
      .from(collection(upTo(100)), { uid: "numbers" })
      .orderedWait(async (n) => (n === 70 ? thrown("no answer") : n), { uid: "ask", timeoutMs: 1_000 })
      .to(discard(), { uid: "out" });
  });
  const running = await startJob(asking, { ephemeral: true, restart: { kind: "none" } });
  await expect(running.finished).rejects.toMatchObject({ where: { uid: "ask", position: "collection[70]" } });
});

describe("a function that throws", () => {
  const failingAt = (bad: (n: number) => boolean, sink: Sink<unknown> = discard()) =>
    job((env) => {
      env
        .from(collection(upTo(1_000)), { uid: "numbers" })
        .keyBy((n) => `k${n % 3}`)
        .process(
          {
            state: { seen: state.value(t.integer()) },
            emits: t.integer(),
            processElement(n, { state: { seen } }, out) {
              if (bad(n)) throw new RangeError("too much");
              seen.update((seen.value() ?? 0) + 1);
              out.collect(n);
            },
          },
          { uid: "count" },
        )
        .to(sink, { uid: "out" });
    });

  for (const interpret of [false, true]) {
    it(`on one record fails the job at its second try, with uid, key and position (${interpret ? "interpreted" : "compiled"})`, () =>
      inDirectory(async (stateDir) => {
        const running = await startJob(
          failingAt((n) => n === 500),
          { stateDir, interpret, ...once },
        );
        await expect(running.finished).rejects.toMatchObject({
          code: "JOB_POISON_RECORD",
          message: expect.stringContaining("too much"),
          where: { job: "faulty", uid: "count", key: '"k2"', position: "collection[500]" },
          cause: { code: "USER_FUNCTION", cause: expect.any(RangeError) },
        });
      }));
  }

  it("on other records each time is restarted, and every result is there once", () =>
    inDirectory(async (stateDir) => {
      const failed = new Set<number>();
      const sink = collect<unknown>();
      const bad = (n: number) => n % 300 === 299 && !failed.has(n) && failed.add(n).size > 0;
      const { job: running } = await startNoted(failingAt(bad, sink), stateDir);
      expect((await running.finished).restarts).toBe(3);
      expect([...sink.values].sort((a, b) => Number(a) - Number(b))).toEqual(upTo(1_000));
    }));

  it("fails the job also when its error and the cause of that cause each other", async () => {
    const [one, other] = [new Error("one"), new Error("other")];
    one.cause = other;
    other.cause = one;
    const round = mapping(() => {
      throw one;
    });
    const running = await startJob(round, { ephemeral: true, restart: { kind: "none" } });
    await expect(running.finished).rejects.toThrow("one");
  });

  it("in open fails the job and names the node", async () => {
    const opening = job((env) => {
      env
        .from(collection([1]), { uid: "numbers" })
        .process({ open: () => Promise.reject(new Error("no connection")), processElement() {} }, { uid: "opened" })
        .to(discard(), { uid: "out" });
    });
    await expect(startJob(opening, { ephemeral: true, restart: { kind: "none" } })).rejects.toMatchObject({
      code: "USER_FUNCTION",
      message: expect.stringContaining("no connection"),
      where: { uid: "opened" },
    });
  });

  it("in open closes what was opened before it", async () => {
    const events: string[] = [];
    const noted = (name: string): Sink<number> => ({
      ...discard<number>(),
      createWriter: (context) => ({
        ...discard<number>().createWriter(context),
        open: async () => void events.push(`${name} opened`),
        close: async () => void events.push(`${name} closed`),
      }),
    });
    const opening = job((env) => {
      const numbers = env.from(collection([1]), { uid: "numbers" });
      numbers.to(noted("sink"), { uid: "out" });
      numbers
        .process(
          {
            emits: t.integer(),
            open: () => Promise.reject(new Error("no connection")),
            processElement() {},
            close: () => void events.push("function closed"),
          },
          { uid: "opened" },
        )
        .to(discard(), { uid: "nowhere" });
    });
    await expect(startJob(opening, { ephemeral: true, restart: { kind: "none" } })).rejects.toThrow("no connection");
    expect(events).toEqual(["sink opened", "sink closed", "function closed"]);
  });

  it("in close does not undo what has been published", () =>
    inDirectory(async (directory) => {
      const closing = job((env) => {
        env
          .from(collection(upTo(10)), { uid: "numbers" })
          .process(
            {
              emits: t.integer(),
              processElement: (n, _context, out) => out.collect(n),
              close: () => {
                throw new Error("connection lost");
              },
            },
            { uid: "closed" },
          )
          .to(fileSink(join(directory, "out")), { uid: "out" });
      });
      const { job: running, events } = await startNoted(closing, join(directory, "state"));
      expect((await running.finished).end).toBe("finished");
      expect(events).toContainEqual(expect.objectContaining({ kind: "warning", message: expect.stringContaining("connection lost") }));
      expect((await published<number>(join(directory, "out"))).sort()).toEqual(upTo(10));
    }));

  it("on a record of an endless source fails the job with its position", async () => {
    const endless = job((env) => {
      env
        .from(datagen({ generate: (n: number) => n }), { uid: "numbers" })
        .map(
          (n) => {
            if (n === 1_234) throw new Error("enough");
            return n;
          },
          { uid: "mapped" },
        )
        .to(discard(), { uid: "out" });
    });
    const running = await startJob(endless, { ephemeral: true, ...once });
    await expect(running.finished).rejects.toMatchObject({ code: "JOB_POISON_RECORD", where: { uid: "mapped", position: "datagen[1234]" } });
  });
});
