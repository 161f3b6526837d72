import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const pages = globSync("{*,docs/**/*,bench/**/*,apps/*/*,packages/*/*,test/**/*,examples/**/*}.md", {
  cwd: root,
  exclude: (path) => path.includes("node_modules"),
});

interface Link {
  /** Page and line. */
  readonly at: string;
  readonly target: string;
  readonly anchor: string | undefined;
  /** What stands behind it until the next test or the end of the cell: `: words of the test's name`. */
  readonly words: string;
}

const form = /\]\(([^()\s#:]*)(?:#([\w-]+))?\)(?:: ([^|;\n]*))?/g;

function linksOf(page: string): Link[] {
  const lines = readFileSync(join(root, page), "utf8").split("\n");
  return lines.flatMap((line, index) =>
    [...line.matchAll(form)].map(([, path = "", anchor, words = ""]) => ({
      at: `${page}:${index + 1}`,
      target: path === "" ? join(root, page) : join(root, dirname(page), path),
      anchor,
      words: words.trim(),
    })),
  );
}

/** As GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...readFileSync(page, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );
}

describe("the pages", () => {
  const links = pages.flatMap(linksOf);

  it("link to files and headings that exist", () => {
    expect(links.length).toBeGreaterThan(500);
    const missing = links.filter(({ target }) => !existsSync(target));
    expect(missing.map(({ at, target }) => `${at} links to ${relative(root, target)}`)).toEqual([]);
    const astray = links.filter(({ target, anchor }) => anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).includes(anchor));
    expect(astray.map(({ at, target, anchor }) => `${at} links to ${relative(root, target)}#${anchor}`)).toEqual([]);
  });

  it.each(["docs/testing.md", "docs/testing/found.md"])("%s names tests by words of theirs", (page) => {
    const named = links.filter(({ at, target, words }) => at.startsWith(`${page}:`) && target.endsWith(".ts") && words !== "");
    expect(named.length).toBeGreaterThan(20);
    const unknown = named.filter(({ target, words }) => !readFileSync(target, "utf8").includes(words));
    expect(unknown.map(({ at, target, words }) => `${at}: ${relative(root, target)} has no "${words}"`)).toEqual([]);
  });
});
