import type { Finding } from "./finding.ts";
import { isTest, type SourceTree } from "./source-tree.ts";

/** What only adapters may touch (law T1), and what stands in its place. */
const bannedUses: { readonly [what: string]: string } = {
  "Date.now": "take a Clock port",
  "new Date": "take a Clock port",
  "performance.now": "take a Clock port",
  "Math.random": "take a Random port",
  "crypto.randomUUID": "take a Random port",
  "crypto.getRandomValues": "take a Random port",
  setTimeout: "take a Scheduler port",
  setInterval: "take a Scheduler port",
  setImmediate: "take a Scheduler port",
};

const bannedImports = /^node:(fs|fs\/promises|net|http|https|http2|tls|dgram|dns|child_process|timers|timers\/promises)$/;

/** Places outside the engine, where the real world is let in. */
const adapters = [/^packages\/[^/]+\/src\/node\//, /^(apps|scripts|examples|bench|docs|test)\//, /^packages\/millrace\/bin\//];

interface Exception {
  readonly path: string;
  readonly what: readonly string[];
  readonly reason: string;
}

/** Exceptions by path or folder. Each says why; one that nothing needs any more fails the check. */
const exceptions: readonly Exception[] = [
  {
    path: "packages/host/src/control/",
    what: ["node:net", "node:fs/promises"],
    reason: "the adapter between the control API and its Unix socket",
  },
];

export function checkDeterminism(tree: SourceTree, allowed: readonly Exception[] = exceptions): Finding[] {
  const findings: Finding[] = [];
  const needed = new Set<string>();
  const refuse = (path: string, line: number, what: string, instead: string): void => {
    const exception = allowed.find((entry) => path.startsWith(entry.path) && entry.what.includes(what));
    if (exception === undefined) findings.push({ path, line, message: `${what} is for adapters only; ${instead}` });
    else needed.add(`${exception.path} ${what}`);
  };
  for (const [path, module] of tree.modules) {
    if (isTest(path) || adapters.some((adapter) => adapter.test(path))) continue;
    for (const { what, line } of module.uses) {
      if (Object.hasOwn(bannedUses, what)) refuse(path, line, what, bannedUses[what] as string);
    }
    for (const { specifier, typeOnly, line } of module.imports) {
      if (!typeOnly && bannedImports.test(specifier)) refuse(path, line, specifier, "take a port");
    }
  }
  return [...findings, ...unneeded(allowed, needed)];
}

function unneeded(allowed: readonly Exception[], needed: ReadonlySet<string>): Finding[] {
  return allowed.flatMap(({ path, what }) =>
    what
      .filter((use) => !needed.has(`${path} ${use}`))
      .map((use) => ({ path, message: `no longer uses ${use}; remove the exception from scripts/tidy/determinism.ts` })),
  );
}
