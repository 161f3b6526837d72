import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { json, kafkaSink } from "@millrace/kafka";
import { SinkDriver } from "@millrace/testkit/drivers";
import { afterAll, describe, expect, test, vi } from "vitest";
import { main } from "../../apps/cli/src/index.ts";
import { FakeIo } from "../../apps/cli/test/fake-io.ts";
import { testBroker } from "../../packages/kafka/test/broker.ts";
import { exitOf } from "../../scripts/torture/victim.ts";

vi.setConfig({ testTimeout: 120_000 });
const root = resolve(import.meta.dirname, "../..");
const broker = await testBroker();
const scratch = mkdtempSync(join(tmpdir(), "millrace-kafka-command-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.skipIf(broker === undefined)("the command line and Kafka", () => {
  const { bootstrap, cluster, topic } = broker as NonNullable<typeof broker>;

  const millrace = async (...words: string[]) => {
    const io = new FakeIo({ cwd: root, env: { KAFKA_BOOTSTRAP: bootstrap } });
    const code = await main(words, io);
    return { code, out: io.out.text, err: io.err.text };
  };

  test("kafka txn lists, describes, commits and aborts what a job has left open", async () => {
    const name = await topic(1);
    const prefix = `millrace-${name}`;
    const left = async (n: number) => {
      const sink = kafkaSink<number>(cluster, name, { value: json(), transactionalIdPrefix: `${prefix}-${n}` });
      const driver = await SinkDriver.open(sink, { ports: nodePorts });
      await driver.write(n);
      await driver.prepare();
      await driver.close();
      return `${prefix}-${n}-0-0`;
    };
    const [kept, dropped] = [await left(1), await left(2)];
    const listed = await millrace("kafka", "txn", "list", "--prefix", prefix);
    expect(listed).toMatchObject({ code: 0, err: "" });
    const rows = listed.out.split("\n").filter((line) => line.includes(prefix));
    expect(rows.map((row) => [row.includes("Ongoing"), row.includes(`${name}-0`)])).toEqual([
      [true, true],
      [true, true],
    ]);
    expect((await millrace("kafka", "txn", "describe", kept)).out).toMatch(/state\s+Ongoing[\s\S]*partitions.*millrace-markers-0/);
    expect((await millrace("kafka", "txn", "commit", kept)).code).toBe(0);
    expect((await millrace("kafka", "txn", "abort", dropped)).code).toBe(0);
    const states = async () => {
      const { out } = await millrace("kafka", "txn", "list", "--prefix", prefix, "--all", "--json");
      const found = JSON.parse(out) as { transactionalId: string; state: string }[];
      return found.filter(({ transactionalId }) => [kept, dropped].includes(transactionalId)).map(({ state }) => state);
    };
    await expect.poll(states, { timeout: 10_000 }).toEqual(expect.arrayContaining(["CompleteCommit", "CompleteAbort"]));
    expect(await millrace("kafka", "txn", "list", "--prefix", prefix)).toMatchObject({
      code: 0,
      out: expect.stringContaining("no open transactions"),
    });
    const again = await millrace("kafka", "txn", "commit", kept);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining("KAFKA_TRANSACTION") });
    expect(await millrace("kafka", "txn", "describe", "never-used")).toMatchObject({ code: 1, err: expect.stringContaining("never-used") });
  });

  test("kafka txn without a cluster, and with a module that is none, is a usage error", async () => {
    const io = new FakeIo({ cwd: root });
    expect(await main(["kafka", "txn", "list"], io)).toBe(2);
    expect(io.err.text).toContain("KAFKA_CLUSTER");
    expect(await millrace("kafka", "txn", "list", "--cluster", "package.json")).toMatchObject({ code: 2 });
  });

  test("the fraud example: payments in, the job killed twice, each alert once; the same in batch mode", async () => {
    const payments = 20_000;
    const node = (...words: string[]) => spawn(process.execPath, ["--conditions=millrace-source", ...words], { cwd: root });
    const run = (name: string, ...parameters: string[]) => {
      const state = ["--state-dir", join(scratch, name), "--checkpoint-interval", "200ms"];
      const given = [`brokers=${bootstrap}`, ...parameters].flatMap((parameter) => ["--param", parameter]);
      return node("apps/cli/src/bin.ts", "run", `examples/fraud/${name}.ts`, ...state, ...given);
    };
    await finished(node("examples/fraud/topics.ts", bootstrap));
    const generated = finished(run("generate", `count=${payments}`, "ratePerSecond=10000"));
    for (let kills = 2; kills > 0; kills--) {
      const victim = run("job");
      const exited = exitOf(victim);
      let log = "";
      victim.stdout.on("data", (chunk) => (log += chunk));
      await expect.poll(() => log.split("checkpoint.completed").length, { timeout: 30_000 }).toBeGreaterThan(3);
      victim.kill("SIGKILL");
      await exited;
    }
    expect(await generated).toMatch(/finished/);
    const last = run("job");
    const exited = exitOf(last);
    const check = () => finished(node("examples/fraud/check.ts", bootstrap));
    await expect
      .poll(check, { timeout: 60_000, interval: 500 })
      .toMatch(new RegExp(`^${payments} payments, [1-9]\\d* alerts expected: 0 lost, 0 doubled, 0 unexpected`));
    last.kill("SIGTERM");
    await exited;

    await finished(node("examples/fraud/topics.ts", bootstrap, "alerts-at-once"));
    const batch = ["--mode", "batch", ...[`brokers=${bootstrap}`, "alerts=alerts-at-once", "untilNow=true"].flatMap((one) => ["--param", one])];
    expect(await finished(node("apps/cli/src/bin.ts", "run", "examples/fraud/job.ts", ...batch))).toMatch(/finished/);
    // A broker answers a commit before its markers stand in the partitions.
    await expect
      .poll(() => finished(node("examples/fraud/check.ts", bootstrap, "alerts-at-once")), { timeout: 60_000, interval: 500 })
      .toMatch(/0 lost, 0 doubled, 0 unexpected/);
  });
});

function finished(child: ChildProcess): Promise<string> {
  let output = "";
  child.stdout?.on("data", (chunk) => (output += chunk));
  child.stderr?.on("data", (chunk) => (output += chunk));
  return new Promise((done) => child.once("close", () => done(output)));
}
