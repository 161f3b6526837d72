import { dirname, join } from "node:path";
import type { Finding } from "./finding.ts";
import type { SourceTree } from "./source-tree.ts";

/** Modules of one package import each other without cycles; imports of types alone don't count. */
export function checkCycles(tree: SourceTree): Finding[] {
  const findings: Finding[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      findings.push({ path, message: `imports itself: ${[...trail.slice(at), path].join(" → ")}` });
      return;
    }
    if (done.has(path)) return;
    trail.push(path);
    for (const { specifier, typeOnly } of tree.modules.get(path)?.imports ?? []) {
      if (!typeOnly && specifier.startsWith(".")) visit(join(dirname(path), specifier));
    }
    trail.pop();
    done.add(path);
  };
  for (const path of tree.modules.keys()) visit(path);
  return findings;
}
