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
      const paths = pathsOf(proof);
      if (!/^no\b/.test(millrace)) expect(paths, `${feature}: nothing shows it`).not.toEqual([]);
      for (const path of paths) expect(existsSync(join(root, path)), `${feature}: ${path}`).toBe(true);
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

  it("names what the tests and jobs beside it use", () => {
    for (const { feature, millrace, proof } of rows) {
      const shown = pathsOf(proof).map((path) => readFileSync(join(root, path), "utf8"));
      for (const [, name = ""] of shown.length === 0 ? [] : millrace.matchAll(/`(\w+)`/g)) {
        expect(
          shown.some((text) => new RegExp(`\\b${name}\\b`).test(text)),
          `${feature}: nothing shows ${name}`,
        ).toBe(true);
      }
    }
  });

  it("says in the README, too, where it is", () => {
    expect(readFileSync(join(root, "README.md"), "utf8")).toContain("(docs/features.md)");
  });
});

/** The files that show a row. */
function pathsOf(proof: string): string[] {
  return [...proof.matchAll(/\[(?:test|suite|job)\]\(\.\.\/([^)]+)\)/g)].map(([, path = ""]) => path);
}

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
