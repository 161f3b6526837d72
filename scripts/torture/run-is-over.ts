import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Whether the last run in a state directory has come to the end of its input: a kill may land between that and the exit of the process. */
export async function runIsOver(stateDirectory: string): Promise<boolean> {
  const text = await readFile(join(stateDirectory, "runs.jsonl"), "utf8").catch(() => "");
  const last = text.slice(0, text.lastIndexOf("\n")).split("\n").at(-1);
  return last !== undefined && last !== "" && (JSON.parse(last) as { end?: string }).end === "finished";
}
