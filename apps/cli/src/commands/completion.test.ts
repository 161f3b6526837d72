import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FakeIo } from "../../test/fake-io.ts";
import { main } from "../index.ts";

async function scriptFor(shell: string): Promise<string> {
  const io = new FakeIo();
  expect(await main(["completion", shell], io)).toBe(0);
  return io.out.text;
}

describe("shell completion", () => {
  it("completes commands, those below them, flags and choices in bash", async () => {
    const script = await scriptFor("bash");
    const completed = (...words: readonly string[]): readonly string[] => {
      const set = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}`;
      const { stdout, stderr } = spawnSync("bash", ["-c", `${script}\n${set}; _millrace; echo "\${COMPREPLY[*]}"`], { encoding: "utf8" });
      expect(stderr).toBe("");
      return stdout.trim().split(" ");
    };
    expect(completed("millrace", "re")).toEqual(["restore", "rescale"]);
    expect(completed("millrace", "state", "")).toEqual(expect.arrayContaining(["ls", "get", "export"]));
    expect(completed("millrace", "state", "get", "--st")).toEqual(["--state-dir"]);
    expect(completed("millrace", "run", "--backend", "h")).toEqual(["heap"]);
    expect(completed("millrace", "stop", "--dr")).toEqual(["--drain"]);
  });

  it("takes the names of directories for nothing but names in bash", async () => {
    const directory = await mkdtemp(join(tmpdir(), "millrace-completion-"));
    try {
      for (const name of ["airport-delays", "alerts", "$(touch run)", "`touch run`"])
        await mkdir(join(directory, ".millrace", name), { recursive: true });
      const script = await scriptFor("bash");
      const set = "COMP_WORDS=(millrace info a); COMP_CWORD=2";
      const { stdout } = spawnSync("bash", ["-c", `${script}\n${set}; _millrace; echo "\${COMPREPLY[*]}"`], { encoding: "utf8", cwd: directory });
      expect(stdout.trim()).toBe("airport-delays alerts");
      expect(existsSync(join(directory, "run"))).toBe(false);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("names every command in every shell, and refuses other shells", async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const script = await scriptFor(shell);
      for (const word of ["restore", "savepoint", "export", "allow-drop", "parallelism"]) expect(script, `${word} in ${shell}`).toContain(word);
    }
    expect(await main(["completion", "tcsh"], new FakeIo())).toBe(2);
  });
});
