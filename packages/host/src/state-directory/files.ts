import { canonicalJson, type Files, type Json, MillraceError, messageOf, replaceFile } from "@millrace/core";

/** Replaces a small JSON file: readers see the old one or the new one, also after a crash. Throws STATE_WRITE. */
export async function writeJson(files: Files, path: string, value: Json): Promise<void> {
  await writing(path, () => replaceFile(files, path, new TextEncoder().encode(`${canonicalJson(value)}\n`)));
}

/** The object in a JSON file; undefined when there is no file. Throws STATE_CORRUPT or STATE_READ. */
export async function readJson(files: Files, path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const text = await readText(files, path);
  if (text === undefined) return undefined;
  const value = parseObject(text);
  if (value === undefined) throw corruptState(path, "it is not a JSON object");
  return value;
}

export async function readText(files: Files, path: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await files.readFile(path));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw new MillraceError("STATE_READ", `cannot read ${path}: ${messageOf(error)}`, { hint: "give this user the right to read it", cause: error });
  }
}

/** undefined for text that is not a JSON object. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Gives a failure of `work` its name: STATE_WRITE. */
export async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    const full = ["ENOSPC", "EDQUOT"].includes(systemCode(error) ?? "");
    const hint = full
      ? "the disk is full: free some space"
      : "the state directory must be writable: give this user the right, or choose another with --state-dir";
    throw new MillraceError("STATE_WRITE", `cannot write ${path}: ${messageOf(error)}`, { hint, cause: error });
  }
}

/** STATE_CORRUPT: a file of the state directory does not say what it must. */
export function corruptState(path: string, what: string): MillraceError {
  return new MillraceError("STATE_CORRUPT", `${path} is damaged: ${what}`, {
    hint: "bring the file back from a copy, or choose another directory with --state-dir",
  });
}

/** Node's code of a failed file operation, e.g. `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
