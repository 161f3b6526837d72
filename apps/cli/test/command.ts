import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const bin = resolve(import.meta.dirname, "../src/bin.ts");

export interface Ended {
  /** The exit code, or the signal that ended the process. */
  readonly code: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A started `millrace`. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What came on the standard output so far, as the JSON lines of the log. */
  readonly events: () => readonly { readonly event: string; readonly [field: string]: unknown }[];
}

/** A directory where job modules find the libraries of this workspace, and `millrace` as a process of its own. */
export class Workshop implements AsyncDisposable {
  readonly path: string;
  readonly #children = new Set<ChildProcess>();

  private constructor(path: string) {
    this.path = path;
  }

  static async create(files: Readonly<Record<string, string>>): Promise<Workshop> {
    const path = await mkdtemp(join(tmpdir(), "millrace-run-"));
    await symlink(resolve(import.meta.dirname, "../../../packages/millrace/node_modules"), join(path, "node_modules"));
    for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
    return new Workshop(path);
  }

  start(...argv: readonly string[]): Running {
    return this.startInto("pipe", ...argv);
  }

  /** With this standard output. */
  startInto(stdout: "pipe" | number, ...argv: readonly string[]): Running {
    const child = spawn(process.execPath, ["--conditions=millrace-source", bin, ...argv], { cwd: this.path, stdio: ["ignore", stdout, "pipe"] });
    this.#children.add(child);
    const text = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name]?.setEncoding("utf8").on("data", (chunk: string) => {
        text[name] += chunk;
      });
    }
    const ended = new Promise<Ended>((done, fail) => {
      child.once("error", fail);
      child.once("close", (code, signal) => done({ code: code ?? signal, ...text }));
    });
    const events = () =>
      text.stdout
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    return { child, ended, events };
  }

  call(...argv: readonly string[]): Promise<Ended> {
    return this.start(...argv).ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}
