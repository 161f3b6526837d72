import { execFile } from "node:child_process";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");

export interface ToolRun {
  readonly code: unknown;
  readonly out: string;
  readonly err: string;
}

/** Runs one of the repository's tools to its end, as pnpm starts it. */
export function runTool(tool: string, words: readonly string[]): Promise<ToolRun> {
  return new Promise((done) => {
    execFile(process.execPath, ["--conditions=millrace-source", tool, ...words], { cwd: root }, (error, out, err) => {
      done({ code: error?.code ?? 0, out, err });
    });
  });
}
