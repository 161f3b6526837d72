import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

/** A change of one source file: `find` stands in it exactly once. */
export interface SourceChange {
  /** From the root of the repository, e.g. `packages/runtime/src/task/gate.ts`. */
  readonly path: string;
  readonly find: string;
  readonly replace: string;
}

export const repositoryRoot = fileURLToPath(new URL("../../../../", import.meta.url));

/** The file's text with the change made. Throws when `find` does not stand there exactly once. */
export function changedSource({ path, find, replace }: SourceChange): string {
  const text = readFileSync(`${repositoryRoot}${path}`, "utf8");
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${path} holds ${parts.length - 1} times what is to be replaced: ${find}`);
  return parts.join(replace);
}

/** Modules loaded after this have the changes in them; nothing is written. Call it before the engine is imported. */
export function plant(changes: readonly SourceChange[]): void {
  const sources = new Map(changes.map((change) => [`${repositoryRoot}${change.path}`, changedSource(change)]));
  registerHooks({
    load(url, context, nextLoad) {
      const source = url.startsWith("file:") ? sources.get(fileURLToPath(url)) : undefined;
      if (source === undefined) return nextLoad(url, context);
      return { format: "module-typescript", source, shortCircuit: true };
    },
  });
}
