import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { checkCycles } from "../scripts/tidy/cycles.ts";
import { checkDeterminism } from "../scripts/tidy/determinism.ts";
import { formatFinding } from "../scripts/tidy/finding.ts";
import { tidyRules } from "../scripts/tidy/index.ts";
import { checkLayers } from "../scripts/tidy/layers.ts";
import { checkSizes } from "../scripts/tidy/sizes.ts";
import { readTree, type SourceTree, treeOf } from "../scripts/tidy/source-tree.ts";
import { checkWords } from "../scripts/tidy/words.ts";

describe("the tree is tidy", () => {
  const tree = readTree(resolve(import.meta.dirname, ".."));
  for (const { sentence, check } of tidyRules) {
    it(sentence, () => {
      const errors = check(tree).filter((finding) => finding.warning !== true);
      expect(errors.map(formatFinding)).toEqual([]);
    });
  }
});

describe("the rules catch what they are for", () => {
  it("a dependency on a higher layer, or on one beside", () => {
    const findings = checkLayers(workspace({ state: ["@millrace/plan"], core: ["@millrace/runtime"] }));
    expect(findings.map((finding) => finding.message)).toEqual([
      "@millrace/state (layer 4) may not depend on @millrace/plan (layer 4)",
      "@millrace/core (layer 0) may not depend on @millrace/runtime (layer 6)",
    ]);
  });

  it("an import that package.json does not name, and one that leaves the package", () => {
    const tree = workspace(
      { state: ["@millrace/core"] },
      { "packages/state/src/a.ts": 'import "@millrace/core";\nimport "pino";\nimport "../../core/src/x.ts";\nimport "./b";\n' },
    );
    expect(checkLayers(tree).map(formatFinding)).toEqual([
      "packages/state/src/a.ts:2  pino is not among the dependencies of @millrace/state",
      "packages/state/src/a.ts:3  ../../core/src/x.ts leaves the package; import the other package by name",
      "packages/state/src/a.ts:4  ./b needs its extension",
    ]);
  });

  it("the test kit outside of tests", () => {
    const text = 'import { simulate } from "@millrace/testkit";\n';
    const tree = workspace({ state: [] }, { "packages/state/src/a.ts": text, "packages/state/src/a.test.ts": text });
    expect(checkLayers(tree).map((finding) => finding.path)).toEqual(["packages/state/src/a.ts"]);
  });

  it("project references that differ from the dependencies", () => {
    const tree = workspace({ core: [], state: ["@millrace/core"] }, { "packages/state/tsconfig.json": '{"references": [{"path": "../plan"}]}' });
    expect(checkLayers(tree).map((finding) => finding.message)).toEqual([
      "references lack packages/core, a dependency",
      "references name packages/plan, which is no dependency",
    ]);
  });

  it("a circle of imports, but not one of types", () => {
    const circle = { "a.ts": 'import { b } from "./b.ts";\n', "b.ts": 'import { a } from "./a.ts";\n' };
    expect(checkCycles(fileTree(circle)).map((finding) => finding.message)).toEqual(["imports itself: a.ts → b.ts → a.ts"]);
    const types = { "a.ts": 'import { b } from "./b.ts";\n', "b.ts": 'import { type A } from "./a.ts";\nimport type { C } from "./a.ts";\n' };
    expect(checkCycles(fileTree(types))).toEqual([]);
  });

  it("a clock, a die, a timer and a file outside of adapters", () => {
    const text =
      'import fs from "node:fs";\nconst a = Date.now() + Math.random();\nsetTimeout(() => {}, 1);\nconst b = new Date();\nconst c = new Date(5);\n';
    const uses = checkDeterminism(fileTree({ "packages/state/src/a.ts": text }), []).map((finding) => finding.message.split(" is")[0]);
    expect(uses).toEqual(["Date.now", "Math.random", "setTimeout", "new Date", "node:fs"]);
    expect(checkDeterminism(fileTree({ "packages/state/src/node/a.ts": text, "packages/state/src/a.test.ts": text }), [])).toEqual([]);
  });

  it("an exception that nothing needs", () => {
    const allowed = [{ path: "packages/state/src/a.ts", what: ["Date.now", "Math.random"], reason: "a test" }];
    const findings = checkDeterminism(fileTree({ "packages/state/src/a.ts": "Date.now();\n" }), allowed);
    expect(findings.map((finding) => finding.message)).toEqual(["no longer uses Math.random; remove the exception from scripts/tidy/determinism.ts"]);
  });

  it("a file and a function that grew too long", () => {
    const long = `function longOne() {\n${"  work();\n".repeat(80)}}\n`;
    expect(checkSizes(fileTree({ "a.ts": long }), []).map(formatFinding)).toEqual(["a.ts:1  longOne has 82 lines, over 70: this is two functions"]);
    expect(checkSizes(fileTree({ "a.ts": long }), [{ path: "a.ts", name: "longOne", lines: 82 }])).toEqual([]);
    expect(checkSizes(fileTree({ "a.ts": long }), [{ path: "a.ts", name: "longOne", lines: 90 }])[0]?.message).toContain("lower its entry");
    expect(checkSizes(fileTree({ "a.ts": "work();\n" }), [{ path: "a.ts", name: "longOne", lines: 82 }])[0]?.message).toContain("remove its entry");
    expect(checkSizes(fileTree({ "a.ts": "work();\n".repeat(501) }), [])[0]?.message).toContain("this is two files");
    expect(checkSizes(fileTree({ "a.ts": "work();\n".repeat(301) }), [])[0]?.warning).toBe(true);
  });

  it("a suite of tests may be long, a test in it may not", () => {
    const body = "    work();\n".repeat(75);
    const suite = `describe("x", () => {\n  it("a", () => {\n  });\n${body}});\n`;
    expect(checkSizes(fileTree({ "a.test.ts": suite }), [])).toEqual([]);
    expect(checkSizes(fileTree({ "suite.ts": `export function suite() {\n${suite}}\n` }), [])).toEqual([]);
    expect(checkSizes(fileTree({ "suite.ts": `export function suite() {\n${body}${suite}}\n` }), [])).toHaveLength(1);
    expect(checkSizes(fileTree({ "a.test.ts": `describe("x", () => {\n  it("a", () => {\n${body}  });\n});\n` }), [])).toHaveLength(1);
  });

  it("unfinished business, machine paths, registries and silenced checks", () => {
    const samples = [
      `// ${"TO"}DO later`,
      `open("${"/ro"}ot/x")`,
      `https://${"registry.npm"}js.org/`,
      `// ${"@ts"}-ignore`,
      `an ${"assis"}tant wrote it`,
    ];
    for (const text of samples) expect(checkWords(fileTree({ "a.md": text })), text).toHaveLength(1);
    expect(checkWords(fileTree({ "a.md": "session windows close after a gap; see packages/core/src" }))).toEqual([]);
  });
});

function fileTree(files: Record<string, string>): SourceTree {
  return treeOf(Object.entries(files).map(([path, text]) => ({ path, text })));
}

/** A workspace of packages with these dependencies, references to match, and more files. */
function workspace(dependencies: Record<string, string[]>, files: Record<string, string> = {}): SourceTree {
  const all: Record<string, string> = {};
  for (const [name, names] of Object.entries(dependencies)) {
    const references = names
      .filter((other) => other.slice("@millrace/".length) in dependencies)
      .map((other) => ({ path: `../${other.slice("@millrace/".length)}` }));
    all[`packages/${name}/package.json`] = JSON.stringify({
      name: `@millrace/${name}`,
      dependencies: Object.fromEntries(names.map((other) => [other, "0.1.0"])),
    });
    all[`packages/${name}/tsconfig.json`] = JSON.stringify({ references });
  }
  return fileTree({ ...all, ...files });
}
