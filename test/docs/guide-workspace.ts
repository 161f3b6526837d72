import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Block } from "./guide-blocks.ts";

export interface Guide {
  readonly name: string;
  readonly blocks: readonly Block[];
}

/** A block that was run. */
export interface Ran {
  readonly block: Block;
  readonly printed: string;
}

const condition = "--conditions=millrace-source";

/** Guides written out as projects that depend on `millrace`: one directory a guide, one file a block. */
export class GuideWorkspace {
  readonly #root: string;
  readonly #directory: string;

  /** `root` is the repository's. */
  constructor(root: string) {
    this.#root = root;
    mkdirSync(join(root, ".cache"), { recursive: true });
    this.#directory = mkdtempSync(join(root, ".cache", "guides-"));
    mkdirSync(join(this.#directory, "node_modules"));
    symlinkSync(join(root, "packages", "millrace"), join(this.#directory, "node_modules", "millrace"));
    mkdirSync(join(this.#directory, "bin"));
    const command = join(this.#directory, "bin", "millrace");
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" ${condition} "${join(root, "apps", "cli", "src", "bin.ts")}" "$@"\n`);
    chmodSync(command, 0o755);
    const compilerOptions = {
      ...{ noEmit: true, composite: false, declaration: false, declarationMap: false, sourceMap: false, rewriteRelativeImportExtensions: false },
      ...{ rootDir: root, typeRoots: [join(root, "node_modules", "@types")] },
    };
    writeFileSync(
      join(this.#directory, "tsconfig.json"),
      JSON.stringify({ extends: join(root, "tsconfig.base.json"), compilerOptions, include: ["*/*.ts"] }),
    );
    writeFileSync(join(this.#directory, "package.json"), JSON.stringify({ private: true, type: "module" }));
  }

  write({ name, blocks }: Guide): void {
    mkdirSync(join(this.#directory, name));
    for (const block of blocks) if (block.language === "ts" || block.fileName !== undefined) writeFileSync(this.#pathOf(name, block), block.text);
  }

  /** Errors of the compiler in the blocks, each with its guide and line. */
  typeErrors(guides: readonly Guide[]): readonly string[] {
    const compiler = join(this.#root, "node_modules", ".bin", "tsc");
    const { stdout, stderr } = spawnSync(compiler, ["-p", this.#directory, "--pretty", "false"], { cwd: this.#directory, encoding: "utf8" });
    if (stderr !== "") return [stderr];
    return stdout.split("\n").flatMap((line) => {
      // About the settings, not about a file.
      if (line.startsWith("error ")) return line;
      const [, guideName, fileName, row, message] = /^([\w-]+)\/([^(/]+)\((\d+),\d+\): (.+)$/.exec(line) ?? [];
      const guide = guides.find(({ name }) => name === guideName);
      const block = guide?.blocks.find((one) => relative(join(this.#directory, guide.name), this.#pathOf(guide.name, one)) === fileName);
      return block === undefined ? [] : [`docs/${guideName}.md:${block.line + Number(row)}: ${message}`];
    });
  }

  /** Runs the modules of a guide in a process. One with a file name and no output is there for other blocks to use. */
  runModules({ name, blocks }: Guide): readonly Ran[] {
    const modules = blocks.filter(({ language, fileName, expected }) => language === "ts" && (fileName === undefined || expected !== undefined));
    const result = join(this.#directory, `${name}.json`);
    const runner = fileURLToPath(new URL("./run-modules.ts", import.meta.url));
    const paths = modules.map((block) => this.#pathOf(name, block));
    const { status, stderr } = spawnSync(process.execPath, [condition, runner, result, ...paths], {
      cwd: join(this.#directory, name),
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`the modules of ${name}.md ended the process with ${status}: ${stderr}`);
    const outputs = JSON.parse(readFileSync(result, "utf8")) as readonly string[];
    return modules.map((block, index) => ({ block, printed: outputs[index] ?? "" }));
  }

  /** Runs the commands of a guide that are followed by what they print. */
  runCommands({ name, blocks }: Guide): readonly Ran[] {
    const PATH = `${join(this.#directory, "bin")}${delimiter}${process.env.PATH}`;
    return blocks
      .filter(({ language, expected }) => language === "sh" && expected !== undefined)
      .map((block) => {
        const cwd = join(this.#directory, name);
        const { stdout } = spawnSync("sh", ["-c", `{ ${block.text} } 2>&1`], {
          cwd,
          encoding: "utf8",
          env: { ...process.env, PATH, COLUMNS: "100" },
        });
        return { block, printed: stdout };
      });
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #pathOf(guide: string, { fileName, line, language }: Block): string {
    return join(this.#directory, guide, fileName ?? `line-${line}.${language}`);
  }
}
