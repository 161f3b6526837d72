import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as cep from "@millrace/cep";
import * as operators from "@millrace/operators";
import { expect, it } from "vitest";

const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const texts = folders.map(({ name }) => {
  const folder = join(import.meta.dirname, name);
  return readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
});

it("every operator is verified: a folder of tests that makes it calls verifyOperator in the file, or over a helper beside it", () => {
  const names = Object.keys({ ...operators, ...cep }).filter((name) => /^create\w*Operator$/.test(name));
  expect(names.length).toBeGreaterThan(15);
  const unverified = names.filter((name) => !texts.some((files) => files.some((text) => verifies(name, text, files))));
  expect(unverified).toEqual([]);
});

/** The operator is made in the file itself, or in one beside it that holds no tests. */
function verifies(name: string, text: string, files: readonly string[]): boolean {
  const made = new RegExp(`\\b${name}[(<]`);
  const helps = files.some((other) => made.test(other) && !other.includes('from "vitest"'));
  return text.includes("verifyOperator(") && (made.test(text) || helps);
}
