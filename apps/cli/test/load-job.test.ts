import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// Modules are loaded by Node itself, in a process of its own: the test runner's loader reports other errors.

interface Outcome {
  readonly job?: string;
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
}

const define = 'import { defineJob } from "@millrace/api";\n';
const job = `${define}export default defineJob("fine", () => {});\n`;

const modules = {
  "fine.ts": job,
  "fine.mjs": job,
  "typed.ts": `${define}interface A { readonly a: number }\nconst a: A = { a: 1 };\nexport default defineJob("typed" as string, () => void a);\n`,
  "enum.ts": `enum Color { Red }\n${job}`,
  "property.ts": `class A { constructor(readonly a: number) {} }\n${job}`,
  "namespace.ts": `namespace A { export const a = 1 }\n${job}`,
  "decorator.ts": `function log(_: unknown, __: unknown) {}\n@log\nclass A {}\n${job}`,
  "syntax.ts": `${define}const a = {;\n`,
  "syntax.mjs": "const a = {;\n",
  "throws.ts": `${define}const limits: Record<string, { max: number }> = {};\nfunction limit(name: string) {\n  return limits[name].max;\n}\nlimit("a");\n${"export default 1;"}\n`,
  "throws-text.mjs": 'throw "no";\n',
  "no-default.ts": `${define}export const a = 1;\n`,
  "named.ts": `${define}export const delays = defineJob("delays", () => {});\n`,
  "function.ts": "export default () => {};\n",
  "promise.ts": "export default Promise.resolve(1);\n",
  "package.ts": `import "left-pad";\n${job}`,
  "scoped.ts": `import "@acme/tools/deep";\n${job}`,
  "path.ts": `import "@/lib/dates";\n${job}`,
  "mapped.ts": `import "lib/dates";\n${job}`,
  "no-extension.ts": `import { a } from "./shared/values";\n${job}`,
  "js-extension.ts": `import { a } from "./shared/values.js";\n${job}`,
  "nowhere.ts": `import { a } from "./nothing.ts";\n${job}`,
  "type-import.ts": `import { Flight, a } from "./shared/values.ts";\nconst f: Flight = a;\n${job}`,
  "bad-name.ts": `${define}export default defineJob("a/b", () => {});\n`,
  "view.tsx": job,
  "hangs.mjs": `await new Promise(() => {});\n${job}`,
  "100% (é #1)/syntax.mjs": "const a = {;\n",
  "100% (é #1)/enum.ts": `enum Color { Red }\n${job}`,
  "100% (é #1)/type-import.ts": `import { Flight } from "../shared/values.ts";\n${job}`,
  "100% (é #1)/throws.mjs": 'throw new Error("no");\n',
  "shared/values.ts": "export interface Flight { a: number }\nexport const a = { a: 1 };\n",
  "tsconfig.json": '{ "compilerOptions": { /* aliases */ "paths": { "lib/*": ["./shared/*"] } } }\n',
};

describe("a job module is loaded or refused by name", () => {
  let folder: string;
  const outcomes = new Map<string, Outcome>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "millrace-load-"));
    for (const [name, text] of Object.entries(modules)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    await symlink(resolve(import.meta.dirname, "../node_modules"), join(folder, "node_modules"));
    const names = [...Object.keys(modules).filter((name) => !name.startsWith("shared") && !name.endsWith(".json")), "absent.ts", "shared"];
    const script = `
      import { loadJob } from ${JSON.stringify(resolve(import.meta.dirname, "../src/load-job/load-job.ts"))};
      const outcomes = {};
      for (const name of ${JSON.stringify(names)}) {
        outcomes[name] = await loadJob(name, process.cwd()).then(({ name: job }) => ({ job }), ({ code, message, hint }) => ({ code, message, hint }));
      }
      console.log(JSON.stringify(outcomes));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=millrace-source", "--input-type=module", "--eval", script], {
      cwd: folder,
    });
    for (const [name, outcome] of Object.entries(JSON.parse(stdout) as Record<string, Outcome>)) outcomes.set(name, outcome);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const refused = (name: string, code: string, message: string | RegExp, hint: string | RegExp): void => {
    const outcome = outcomes.get(name);
    expect(outcome, name).toMatchObject({ code });
    expect(outcome?.message, name).toMatch(message);
    expect(outcome?.hint, name).toMatch(hint);
  };

  it("loads TypeScript and JavaScript", () => {
    expect(outcomes.get("fine.ts")).toEqual({ job: "fine" });
    expect(outcomes.get("fine.mjs")).toEqual({ job: "fine" });
    expect(outcomes.get("typed.ts")).toEqual({ job: "typed" });
  });

  it("a file that is not there, or is none, or is no module", () => {
    refused("absent.ts", "JOB_NOT_FOUND", /^there is no absent\.ts$/, "millrace run job.ts");
    refused("shared", "JOB_NOT_FOUND", /^shared is no file$/, "millrace run job.ts");
    refused("view.tsx", "JOB_KIND", "view.tsx", ".mjs");
  });

  it("TypeScript that is more than types, with what to write instead", () => {
    refused("enum.ts", "JOB_TYPESCRIPT_SYNTAX", /^enum\.ts:1 .*enum/, "as const");
    refused("property.ts", "JOB_TYPESCRIPT_SYNTAX", /^property\.ts:1 .*parameter propert/i, "in the constructor");
    refused("namespace.ts", "JOB_TYPESCRIPT_SYNTAX", /^namespace\.ts:1 .*namespace/, "use a module");
    refused("decorator.ts", "JOB_TYPESCRIPT_SYNTAX", /^decorator\.ts:2 .*decorators/, "call the function");
  });

  it("a syntax error, with its line", () => {
    refused("syntax.ts", "JOB_SYNTAX", /^syntax\.ts:2 can't be parsed: /, "correct the syntax");
    refused("syntax.mjs", "JOB_SYNTAX", /^syntax\.mjs:1 can't be parsed: /, "correct the syntax");
  });

  it("an error thrown while loading, with the user's line", () => {
    refused(
      "throws.ts",
      "JOB_LOAD",
      /^throws\.ts:4:\d+ threw while the job was loaded: TypeError: [^\n]*\n {2}return limits\[name\]\.max;$/,
      "open()",
    );
    expect(outcomes.get("throws-text.mjs")).toMatchObject({ code: "JOB_LOAD", message: "throws-text.mjs threw no while it was loaded" });
  });

  it("a wait at the top of the module that never ends", () => {
    refused("hangs.mjs", "JOB_LOAD", /^hangs\.mjs awaits what never comes/, "await at the top");
  });

  it("with its place, whatever characters that has", () => {
    const folderName = "100% (é #1)";
    const at = (name: string): string => outcomes.get(`${folderName}/${name}`)?.message ?? "";
    expect(at("syntax.mjs")).toMatch(`${folderName}/syntax.mjs:1 can't be parsed: `);
    expect(at("enum.ts")).toMatch(`${folderName}/enum.ts:1 uses TypeScript`);
    expect(at("type-import.ts")).toMatch(`${folderName}/type-import.ts:1: The requested module`);
    expect(at("throws.mjs")).toMatch(`${folderName}/throws.mjs:1:7 threw while the job was loaded`);
  });

  it("exports that are no job", () => {
    refused("no-default.ts", "JOB_EXPORT", "no default export", "export default defineJob");
    refused("named.ts", "JOB_EXPORT", '"delays", not as its default', "export default delays");
    refused("function.ts", "JOB_EXPORT", "is a function, not a job", "defineJob");
    refused("promise.ts", "JOB_EXPORT", "is a promise", "defineJob");
  });

  it("imports that Node can't find, each with its own fix", () => {
    refused("package.ts", "JOB_IMPORT", 'package.ts imports "left-pad"', /^npm install left-pad$/);
    refused("scoped.ts", "JOB_IMPORT", '"@acme/tools', /^npm install @acme\/tools$/);
    refused("path.ts", "JOB_IMPORT", '"@/lib', "relative path");
    refused("mapped.ts", "JOB_IMPORT", '"lib', '"paths" of tsconfig.json');
    refused("no-extension.ts", "JOB_IMPORT", '"shared/values"', "there is shared/values.ts");
    refused("js-extension.ts", "JOB_IMPORT", '"shared/values.js"', "there is shared/values.ts");
    refused("nowhere.ts", "JOB_IMPORT", '"nothing.ts"', "check the path");
    refused("type-import.ts", "JOB_IMPORT", "Flight", '"import type"');
  });

  it("what the library refuses, with the user's line", () => {
    expect(outcomes.get("bad-name.ts")).toMatchObject({ code: "JOB_NAME" });
  });
});
