/**
 * Runs the modules named on the command line, one after the other, and writes what each printed into the file named
 * first: a JSON array of texts. A module that exports a job as its default has it run to its end without a state
 * directory. What a module or its job throws is printed as `CODE: message`.
 */
import { writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { type JobDefinition, MillraceError, startJob } from "../../packages/millrace/src/index.ts";

const [resultPath = "", ...modules] = process.argv.slice(2);
const outputs: string[] = [];
for (const path of modules) outputs.push(await printedBy(path));
await writeFile(resultPath, JSON.stringify(outputs));

async function printedBy(path: string): Promise<string> {
  let printed = "";
  const write = process.stdout.write;
  process.stdout.write = ((text: string | Uint8Array, ...rest: unknown[]) => {
    printed += typeof text === "string" ? text : new TextDecoder().decode(text);
    const done = rest.at(-1);
    if (typeof done === "function") done();
    return true;
  }) as typeof write;
  try {
    await runModule(path);
  } catch (error) {
    printed += error instanceof MillraceError ? `${error.code}: ${error.message}\n` : `${String(error)}\n`;
  } finally {
    process.stdout.write = write;
  }
  return printed;
}

async function runModule(path: string): Promise<void> {
  const module = (await import(pathToFileURL(path).href)) as { readonly default?: JobDefinition };
  if (module.default === undefined) return;
  const job = await startJob(module.default, { ephemeral: true, restart: { kind: "none" } });
  await job.finished;
}
