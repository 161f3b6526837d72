import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runJob, verifyJob } from "millrace/testing";
import { describe, expect, it } from "vitest";
import { type CardHistory, featuresOf } from "./features.ts";
import job from "./job.ts";
import { loadModel, type Model } from "./model.ts";
import { publicationOf } from "./publication.ts";
import type { Refusal, Scored } from "./scoring.ts";
import { type Transaction, transactionAt } from "./transactions.ts";

const root = resolve(import.meta.dirname, "..", "..");

function modelOf(version: number): Model {
  return { version, onnx: new Uint8Array(readFileSync(join(import.meta.dirname, "training", `fraud-${version}.onnx`))) };
}

function transactionsOf(from: number, count: number): Transaction[] {
  return Array.from({ length: count }, (_, i) => transactionAt(from + i).transaction);
}

/** What a plain loop gives each of the first transactions, by each version. */
function expectedScores(count: number): readonly { readonly [version: number]: number }[] {
  const models = [1, 2].map((version) => ({ version, loaded: loadModel(modelOf(version).onnx) }));
  const histories = new Map<string, CardHistory>();
  return transactionsOf(0, count).map((transaction) => {
    const { features, history } = featuresOf(histories.get(transaction.card), transaction);
    histories.set(transaction.card, history);
    return Object.fromEntries(models.map(({ version, loaded }) => [version, loaded.score(features)]));
  });
}

/** Every transaction once, with the whole score of the version that it names, and no card back at an older version. */
function expectServed(scores: readonly Scored[], count: number): void {
  const expected = expectedScores(count);
  const byId = [...scores].sort((a, b) => a.id - b.id);
  expect(byId.map(({ id }) => id)).toEqual(transactionsOf(0, count).map(({ id }) => id));
  const versions = new Map<string, number>();
  for (const { id, card, score, version } of byId) {
    expect(score, `transaction ${id} by version ${version}`).toBe(expected[id]?.[version]);
    expect(version, `${card} at transaction ${id}`).toBeGreaterThanOrEqual(versions.get(card) ?? 1);
    versions.set(card, version);
  }
}

describe("the model serving example", () => {
  const parameters = { transactions: "transactions.jsonl", models: "models.jsonl" };

  for (const parallelism of [1, 2]) {
    it(`gives every transaction the score of one version, at parallelism ${parallelism}`, async () => {
      const inputs = { transactions: transactionsOf(0, 400), models: [modelOf(1), modelOf(2)] };
      const { outputs } = await runJob(job, { parallelism, inputs, parameters });
      expectServed(outputs["scores-out"] as Scored[], 400);
      expect(outputs["refused-out"]).toEqual([]);
    });

    it(`refuses a broken model by name, once, and goes on with the one before, at parallelism ${parallelism}`, async () => {
      const broken = { version: 3, onnx: modelOf(2).onnx.subarray(0, 300) };
      const inputs = { transactions: transactionsOf(0, 100), models: [modelOf(2), broken, modelOf(1)] };
      const { outputs } = await runJob(job, { parallelism, inputs, parameters });
      expectServed(outputs["scores-out"] as Scored[], 100);
      expect(new Set((outputs["scores-out"] as Scored[]).map(({ version }) => version))).toEqual(new Set([2]));
      const refused = outputs["refused-out"] as Refusal[];
      expect(refused.map(({ version, code }) => `${version} ${code}`).sort()).toEqual(["1 MODEL_NOT_NEWER", "3 MODEL_UNREADABLE"]);
    });
  }

  it("scores nothing before there is a model, and names lines that are none", async () => {
    const transactions = transactionsOf(0, 20).map((one) => `${JSON.stringify(one)}\n`);
    const lines = ["[]\n", publicationOf({ version: 1, onnx: new Uint8Array(3) })];
    const { outputs } = await runJob(job, { files: { "transactions.jsonl": transactions.join(""), "models.jsonl": lines.join("") }, parameters });
    expect(outputs["scores-out"]).toEqual([]);
    expect((outputs["refused-out"] as Refusal[]).map(({ version, code }) => `${version} ${code}`).sort()).toEqual([
      "0 MODEL_UNREADABLE",
      "1 MODEL_UNREADABLE",
    ]);
  });

  it("publishes the same through stops, deaths and changes of parallelism", async () => {
    const models = Array.from({ length: 10 }, () => modelOf(1));
    await verifyJob(job, { inputs: { transactions: transactionsOf(0, 150), models }, parameters });
  });

  for (const [first, second] of [
    [1, 2],
    [2, 1],
  ] as const) {
    it(`changes models while it runs and is killed, at parallelism ${first}, then ${second}`, { timeout: 240_000 }, () =>
      Serving.during(async (serving) => {
        await serving.publish(modelOf(1));
        await serving.start(first);
        await serving.send(300);
        await serving.scored();

        // Killed in the middle of these. The file of version 1 has been read and is not read again.
        await serving.send(1_500);
        await serving.scored(400);
        await serving.kill();
        await serving.start(second);
        await serving.scored();
        expect(serving.versions()).toEqual(new Set([1]));

        await serving.publish(modelOf(2));
        while (!serving.versions().has(2)) {
          await serving.send(20);
          await serving.scored();
        }
        await serving.publish({ version: 3, onnx: modelOf(2).onnx.subarray(0, 300) });
        await until(() => serving.refused().length > 0);
        const sent = serving.sent;
        await serving.send(1_000);
        await serving.scored(sent + 100);
        await serving.kill();
        await serving.start(first);
        await serving.scored();

        expectServed(serving.scores(), serving.sent);
        expect(new Set(serving.scores().flatMap(({ id, version }) => (id >= sent ? [version] : [])))).toEqual(new Set([2]));
        expect(serving.refused().map(({ version, code }) => `${version} ${code}`)).toEqual(["3 MODEL_UNREADABLE"]);
      }),
    );
  }
});

/** The job as `millrace run` runs it, in a process of its own over directories that it watches. */
class Serving {
  sent = 0;
  readonly #directory = mkdtempSync(join(tmpdir(), "millrace-serving-"));
  #process: ChildProcess | undefined;
  #said = "";

  static async during(body: (serving: Serving) => Promise<void>): Promise<void> {
    const serving = new Serving();
    try {
      for (const name of ["transactions", "models"]) await mkdir(join(serving.#directory, name));
      await body(serving);
    } finally {
      await serving.kill();
      rmSync(serving.#directory, { recursive: true, force: true });
    }
  }

  async start(parallelism: number): Promise<void> {
    const parameters = { transactions: "transactions", models: "models", watchMs: 20, out: "out" };
    const child = spawn(
      process.execPath,
      [
        ...["--conditions=millrace-source", join(root, "apps/cli/src/bin.ts"), "run", join(import.meta.dirname, "job.ts")],
        ...Object.entries(parameters).flatMap(([name, value]) => ["--param", `${name}=${value}`]),
        ...["--parallelism", String(parallelism), "--checkpoint-interval", "50ms", "--state-dir", "state"],
      ],
      { cwd: this.#directory, stdio: ["ignore", "pipe", "pipe"] },
    );
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (this.#said += text));
    this.#process = child;
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
  }

  async publish(model: Model): Promise<void> {
    this.#move("models", `${model.version}.jsonl`, publicationOf(model));
  }

  /** The next transactions, in one file, so that a card's come in order. */
  async send(count: number): Promise<void> {
    const lines = transactionsOf(this.sent, count).map((one) => `${JSON.stringify(one)}\n`);
    this.#move("transactions", `${String(this.sent).padStart(9, "0")}.jsonl`, lines.join(""));
    this.sent += count;
  }

  /** Waits until so many are published. */
  async scored(count = this.sent): Promise<void> {
    await until(() => {
      if (this.#process?.exitCode !== null) throw new Error(`the job has ended: ${this.#said}`);
      return this.scores().length >= count;
    });
  }

  scores(): readonly Scored[] {
    return this.#published<Scored>("scores");
  }

  refused(): readonly Refusal[] {
    return this.#published<Refusal>("refused");
  }

  versions(): ReadonlySet<number> {
    return new Set(this.scores().map(({ version }) => version));
  }

  #move(directory: string, name: string, text: string): void {
    const hidden = join(this.#directory, directory, `.${name}`);
    writeFileSync(hidden, text);
    renameSync(hidden, join(this.#directory, directory, name));
  }

  #published<T>(name: string): readonly T[] {
    const directory = join(this.#directory, "out", name);
    if (!existsSync(directory)) return [];
    const parts = readdirSync(directory, { withFileTypes: true }).filter((file) => file.name.startsWith("part-"));
    const lines = parts.flatMap((file) => readFileSync(join(directory, file.name), "utf8").split("\n"));
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as T);
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((done) => setTimeout(done, 20));
}
