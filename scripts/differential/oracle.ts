import { type ChildProcessByStdio, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { MillraceError } from "@millrace/core";
import type { SemanticsCase } from "@millrace/testkit";

/** A program without what Flink does with it. */
export type Program = Pick<SemanticsCase, "id" | "kind" | "spec" | "input">;

/** Apache Flink's operators in one JVM, which stays up for as many cases as are asked for. It is built at its first start. */
export class Oracle implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  #gone: Error | undefined;

  constructor() {
    const env = { ORACLE_BUILD: join(tmpdir(), "millrace-flink-oracle"), ...process.env };
    this.#process = spawn(join(import.meta.dirname, "oracle/run"), ["serve"], { stdio: ["pipe", "pipe", "inherit"], env });
    createInterface({ input: this.#process.stdout }).on("line", (line) => this.#waiting.shift()?.resolve(line));
    this.#process.stdin.on("error", () => undefined);
    this.#process.once("error", (error) => this.#end(error));
    this.#process.once("close", (code) => this.#end(new Error(`the oracle ended with code ${code}`)));
  }

  /** The case of a place in the draw of a seed. */
  async draw(seed: number, kind: string, index: number): Promise<SemanticsCase> {
    const drawn = await this.#ask({ seed, kind, index });
    if (drawn === undefined) throw new MillraceError("DIFFERENTIAL_ORACLE", `Flink failed on ${kind} ${index} of seed ${seed}`);
    return drawn;
  }

  /** A program with what Flink does with it. undefined: it emits too much, Flink fails, or its order is nobody's promise. */
  run(program: Program): Promise<SemanticsCase | undefined> {
    return this.#ask({ id: program.id, kind: program.kind, spec: program.spec, input: program.input });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end();
    if (this.#gone === undefined) await new Promise((resolve) => this.#process.once("close", resolve));
  }

  async #ask(question: object): Promise<SemanticsCase | undefined> {
    if (this.#gone !== undefined) throw this.#explained(this.#gone);
    const line = await new Promise<string>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#process.stdin.write(`${JSON.stringify(question)}\n`);
    });
    const answer = JSON.parse(line) as SemanticsCase | { readonly failure: string } | null;
    return answer === null || "failure" in answer ? undefined : answer;
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
