import { type ChildProcessByStdio, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { MillraceError } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import type { SemanticsCase } from "@millrace/testkit";
import { patience } from "@millrace/testkit/drivers";

/** A program without what Flink does with it. */
export type Program = Pick<SemanticsCase, "id" | "kind" | "spec" | "input">;

/** For the build, the start of a JVM and a first program. */
const FIRST_PATIENCE_MS = 180_000;
/** For one program, which takes milliseconds. Some patterns bring Flink into a loop without an end. */
const PATIENCE_MS = 30_000;

/** Apache Flink's operators in one JVM, which stays up for as many cases as are asked for. It is built at its first start. */
export class Oracle implements AsyncDisposable {
  #jvm = new Jvm();

  /** The case of a place in the draw of a seed. undefined: Flink comes to no end with it. */
  async draw(seed: number, kind: string, index: number): Promise<SemanticsCase | undefined> {
    const drawn = await this.#ask({ seed, kind, index });
    if (drawn === "endless") return undefined;
    if (drawn === undefined) throw new MillraceError("DIFFERENTIAL_ORACLE", `Flink failed on ${kind} ${index} of seed ${seed}`);
    return drawn;
  }

  /** A program with what Flink does with it. undefined: it emits too much, Flink fails, or its order is nobody's promise. */
  async run(program: Program): Promise<SemanticsCase | undefined> {
    const recorded = await this.#ask({ id: program.id, kind: program.kind, spec: program.spec, input: program.input });
    return recorded === "endless" ? undefined : recorded;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#jvm.end();
  }

  async #ask(question: object): Promise<SemanticsCase | "endless" | undefined> {
    const waiting = patience(nodePorts.scheduler, this.#jvm.hasAnswered ? PATIENCE_MS : FIRST_PATIENCE_MS, () => "endless");
    const line = await Promise.race([this.#jvm.ask(question), waiting.over.catch(() => undefined)]).finally(() => waiting.end());
    if (line === undefined) {
      this.#jvm.kill();
      this.#jvm = new Jvm();
      return "endless";
    }
    const answer = JSON.parse(line) as SemanticsCase | { readonly failure: string } | null;
    return answer === null || "failure" in answer ? undefined : answer;
  }
}

/** Answers line by line. */
class Jvm {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  #gone: Error | undefined;
  /** It is built and up. */
  hasAnswered = false;

  constructor() {
    const env = { ORACLE_BUILD: join(tmpdir(), "millrace-flink-oracle"), ...process.env };
    this.#process = spawn(join(import.meta.dirname, "oracle/run"), ["serve"], { stdio: ["pipe", "pipe", "inherit"], env });
    createInterface({ input: this.#process.stdout }).on("line", (line) => {
      this.hasAnswered = true;
      this.#waiting.shift()?.resolve(line);
    });
    this.#process.stdin.on("error", () => undefined);
    this.#process.once("error", (error) => this.#end(error));
    this.#process.once("close", (code) => this.#end(new Error(`the oracle ended with code ${code}`)));
  }

  async ask(question: object): Promise<string> {
    if (this.#gone !== undefined) throw this.#explained(this.#gone);
    return new Promise<string>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#process.stdin.write(`${JSON.stringify(question)}\n`);
    });
  }

  /** Nobody waits for its answer any more. */
  kill(): void {
    this.#waiting.splice(0);
    this.#process.kill("SIGKILL");
  }

  async end(): Promise<void> {
    this.#process.stdin.end();
    if (this.#gone === undefined) await new Promise((resolve) => this.#process.once("close", resolve));
  }

  #end(error: Error): void {
    this.#gone = error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#explained(error));
  }

  #explained(cause: Error): MillraceError {
    return new MillraceError("DIFFERENTIAL_ORACLE", `Flink's side does not answer: ${cause.message}`, {
      cause,
      hint: "it needs JDK 17 and Maven; see scripts/differential/oracle/run",
    });
  }
}
