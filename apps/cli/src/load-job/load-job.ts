import { stat } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { JobDefinition } from "@millrace/api";
import { MillraceError } from "@millrace/core";
import { type ModulePlace, refusalOf } from "./refusals.ts";

const extensions = [".ts", ".mts", ".js", ".mjs"];

/**
 * Imports a job module and returns the job that it exports as its default. Every way in which that can fail is an error
 * with a name and a fix: JOB_NOT_FOUND, JOB_KIND, JOB_TYPESCRIPT_SYNTAX, JOB_SYNTAX, JOB_IMPORT, JOB_LOAD, JOB_EXPORT.
 */
export async function loadJob(shown: string, cwd: string): Promise<JobDefinition> {
  const place: ModulePlace = { path: resolve(cwd, shown), shown, cwd };
  await checkFile(place);
  const module = await importModule(place);
  return jobOf(module, place);
}

/** What `loadJob` imports. */
export function moduleUrl(shown: string, cwd: string): string {
  return pathToFileURL(resolve(cwd, shown)).href;
}

async function checkFile({ path, shown }: ModulePlace): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    throw new MillraceError("JOB_NOT_FOUND", `there is no ${shown}`, { hint: "give the path of the job's module, e.g. millrace run job.ts" });
  if (!found.isFile())
    throw new MillraceError("JOB_NOT_FOUND", `${shown} is no file`, { hint: "give the path of the job's module, e.g. millrace run job.ts" });
  if (!extensions.includes(extname(path))) {
    throw new MillraceError("JOB_KIND", `${shown} is no module that Node can run`, { hint: `a job's module ends with ${extensions.join(", ")}` });
  }
}

async function importModule(place: ModulePlace): Promise<Readonly<Record<string, unknown>>> {
  const stuck = Promise.withResolvers<never>();
  const onBeforeExit = (): void => stuck.reject(neverLoaded(place));
  process.once("beforeExit", onBeforeExit);
  try {
    return (await Promise.race([import(pathToFileURL(place.path).href), stuck.promise])) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw refusalOf(error, place);
  } finally {
    process.off("beforeExit", onBeforeExit);
  }
}

/** Nothing goes on in the process that could end the module's wait. */
function neverLoaded({ shown }: ModulePlace): MillraceError {
  return new MillraceError("JOB_LOAD", `${shown} awaits what never comes, it or a module that it imports`, {
    hint: "look for an await at the top of the module whose promise nothing settles any more",
  });
}

function jobOf(module: Readonly<Record<string, unknown>>, { shown }: ModulePlace): JobDefinition {
  const job = module.default;
  if (isJob(job)) return job;
  const named = Object.entries(module).find(([, value]) => isJob(value))?.[0];
  if (named !== undefined) {
    throw new MillraceError("JOB_EXPORT", `${shown} exports the job as "${named}", not as its default`, { hint: `write "export default ${named}"` });
  }
  const hint = 'a job module ends in `export default defineJob("name", (env) => { … })`';
  if (!("default" in module)) throw new MillraceError("JOB_EXPORT", `${shown} has no default export`, { hint });
  throw new MillraceError("JOB_EXPORT", `the default export of ${shown} is ${describe(job)}, not a job`, { hint });
}

/** By its shape: the job may come from another copy of the library. */
function isJob(value: unknown): value is JobDefinition {
  if (typeof value !== "object" || value === null) return false;
  const { name, build, parameters } = value as Partial<JobDefinition>;
  return typeof name === "string" && typeof build === "function" && typeof parameters === "object";
}

function describe(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (value === null || value === undefined) return String(value);
  return value instanceof Promise ? "a promise (await it first)" : `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}
