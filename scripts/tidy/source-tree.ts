import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ParsedModule, parseModule } from "./syntax.ts";

/** A text file of the repository; `path` is relative to its root, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** What a rule looks at. Made from the work tree, or by hand in the tests of the rules. */
export interface SourceTree {
  readonly files: readonly SourceFile[];
  /** TypeScript modules by path, parsed. */
  readonly modules: ReadonlyMap<string, ParsedModule>;
  /** Workspace packages by their folder, e.g. `packages/core`. */
  readonly packages: ReadonlyMap<string, PackageManifest>;
}

export interface PackageManifest {
  readonly name: string;
  readonly folder: string;
  /** What a user of the package has at run time: its own dependencies and its peers. */
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
}

const binary = /\.(png|gz|zst|parquet|db|ico|jpg|woff2?)$/;

/** Every file that git tracks or would track, except binary ones. */
export function readTree(root: string): SourceTree {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  const paths = listed.split("\n").filter((path) => path !== "" && !binary.test(path));
  const present = paths.filter((path) => existsSync(join(root, path)));
  return treeOf(present.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") })));
}

export function treeOf(files: readonly SourceFile[]): SourceTree {
  const modules = new Map<string, ParsedModule>();
  const packages = new Map<string, PackageManifest>();
  for (const { path, text } of files) {
    if (isModule(path)) modules.set(path, parseModule(path, text));
    const folder = /^((?:packages|apps|examples)\/[^/]+|bench)\/package\.json$/.exec(path)?.[1];
    if (folder !== undefined) packages.set(folder, manifestOf(folder, text));
  }
  return { files, modules, packages };
}

/** Fixtures may be broken on purpose. */
function isModule(path: string): boolean {
  return path.endsWith(".ts") && !path.endsWith(".d.ts") && !path.includes("/fixtures/");
}

function manifestOf(folder: string, text: string): PackageManifest {
  const manifest = JSON.parse(text) as { name: string; dependencies?: object; peerDependencies?: object; devDependencies?: object };
  return {
    name: manifest.name,
    folder,
    dependencies: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    devDependencies: Object.keys(manifest.devDependencies ?? {}),
  };
}

/** The package that a file belongs to. */
export function packageOf(tree: SourceTree, path: string): PackageManifest | undefined {
  for (const [folder, manifest] of tree.packages) {
    if (path.startsWith(`${folder}/`)) return manifest;
  }
  return undefined;
}

/** Tests may do what shipped code may not. */
export function isTest(path: string): boolean {
  return /\.test(-[a-z]+)?\.ts$/.test(path) || /(^|\/)(test|tests)\//.test(path);
}
