import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
const text = readFileSync(join(import.meta.dirname, "features.md"), "utf8");
const rows = text
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| feature "))
  .map((line) => line.slice(2, -1).split(" | "))
  .map(([feature = "", flink = "", millrace = "", proof = ""]) => ({ feature, flink, millrace, proof: proof.trim() }));

describe("the feature table", () => {
  it("says yes or no of everything, and shows what it claims", () => {
    expect(rows.length).toBeGreaterThan(70);
    for (const { feature, millrace, proof } of rows) {
      const [, path] = /^\[(?:test|suite)\]\(\.\.\/(.+)\)$/.exec(proof) ?? [];
      if (!/^no\b/.test(millrace)) expect(path, `${feature}: nothing shows it`).toBeDefined();
      if (path !== undefined) expect(existsSync(join(root, path)), `${feature}: ${path}`).toBe(true);
    }
  });

  it("names what is in the code", () => {
    const code = sourceText("packages") + sourceText("apps");
    for (const { feature, millrace } of rows) {
      for (const [, name = ""] of millrace.matchAll(/`(\w+)`/g)) {
        expect(new RegExp(`\\b${name}\\b`).test(code), `${feature}: ${name}`).toBe(true);
      }
    }
  });

  it("says in the README, too, where it is", () => {
    expect(readFileSync(join(root, "README.md"), "utf8")).toContain("(docs/features.md)");
  });
});

/** All that is not a test under a folder's packages. */
function sourceText(folder: string): string {
  return readdirSync(join(root, folder))
    .map((name) => join(root, folder, name, "src"))
    .filter((path) => existsSync(path))
    .flatMap((path) => readdirSync(path, { recursive: true, encoding: "utf8" }).map((file) => join(path, file)))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
}
