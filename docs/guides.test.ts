import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { exitCodes, processIo } from "../apps/cli/src/index.ts";
import { buildProgram } from "../apps/cli/src/program.ts";
import { blocksOf } from "../test/docs/guide-blocks.ts";
import { type Guide, GuideWorkspace } from "../test/docs/guide-workspace.ts";

const names = [
  "getting-started",
  "datastream",
  "async",
  "time-and-windows",
  "joins",
  "broadcast-state",
  "cep",
  "state",
  "state-evolution",
  "savepoints",
  "connectors",
  "cli",
  "guarantees",
  "testing-jobs",
];
const guides: readonly Guide[] = names.map((name) => ({ name, blocks: blocksOf(textOf(name)) }));
const workspace = new GuideWorkspace(resolve(import.meta.dirname, ".."));
for (const guide of guides) workspace.write(guide);
afterAll(() => workspace.remove());

describe("the guides", () => {
  it("compile", { timeout: 120_000 }, () => {
    expect(workspace.typeErrors(guides)).toEqual([]);
  });

  it("leave no module unused", () => {
    for (const { name, blocks } of guides) {
      for (const { fileName, expected, line } of blocks) {
        if (fileName === undefined || expected !== undefined) continue;
        const users = blocks.filter((block) => block.fileName !== fileName && block.text.includes(fileName));
        expect(users.length, `docs/${name}.md:${line} names ${fileName}`).toBeGreaterThan(0);
      }
    }
  });

  for (const guide of guides) {
    it(`print what ${guide.name}.md says they print`, { timeout: 120_000 }, () => {
      for (const { block, printed } of [...workspace.runModules(guide), ...workspace.runCommands(guide)]) {
        const [is, should] = [printed, block.expected ?? ""].map((text) => (block.inAnyOrder ? sorted(masked(text)) : masked(text)));
        expect(is, `docs/${guide.name}.md:${block.line}`).toBe(should);
      }
    });
  }

  it("name every command, every flag and every exit code of the command line, and no others", () => {
    const program = buildProgram(processIo(), "0", () => undefined);
    const all = [program, ...program.commands].flatMap((command) => [command, ...(command === program ? [] : command.commands)]);
    const flags = all.flatMap((command) => command.options.map((option) => option.long ?? ""));
    const text = textOf("cli");
    const prose = text.replaceAll(/^```sh\n.*?^```$/gms, "");
    expect(new Set(prose.match(/(?<![\w-])--[a-z][a-z-]+/g))).toEqual(new Set([...flags, "--help"]));
    expect(new Set([...text.matchAll(/`millrace ([a-z]+)/g)].map(([, name]) => name))).toEqual(
      new Set(program.commands.map((command) => command.name())),
    );
    const codes = [...text.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(codes.sort((a, b) => a - b)).toEqual(Object.values(exitCodes).sort((a, b) => a - b));
  });
});

describe("blocks of a guide", () => {
  it("are found with their language, file, line and output", () => {
    const markdown = "# A\n\n```ts job.ts\na();\n```\n\n```text\n1\n```\nwords\n```text\n2\n```\n```sh\nb\n```\n```text in any order\n3\n```\n";
    expect(blocksOf(markdown)).toEqual([
      { language: "ts", fileName: "job.ts", text: "a();\n", line: 3, expected: "1\n", inAnyOrder: false },
      { language: "text", fileName: undefined, text: "2\n", line: 11, expected: undefined, inAnyOrder: false },
      { language: "sh", fileName: undefined, text: "b\n", line: 14, expected: "3\n", inAnyOrder: true },
    ]);
  });
});

/** As GitHub makes them. */
/** Without what is another in each run: ids of runs. Hashes of plans change with the plan's format. */
function masked(text: string): string {
  return text.replaceAll(/\d{8}-\d{6}-[0-9a-f]{6}/g, "RUN").replaceAll(/plan [0-9a-f]{16}/g, "plan HASH");
}

function sorted(text: string): string {
  return text.split("\n").sort().join("\n");
}

function textOf(name: string): string {
  return readFileSync(join(import.meta.dirname, `${name}.md`), "utf8");
}
