import { dirname, join } from "node:path";
import type { Finding } from "./finding.ts";
import { isTest, type PackageManifest, packageOf, type SourceTree } from "./source-tree.ts";

/** Lower knows nothing of higher; packages of one number know nothing of each other. */
const layerOf: { readonly [name: string]: number } = {
  "@millrace/core": 0,
  "@millrace/codec": 1,
  "@millrace/contracts": 2,
  "@millrace/checkpoint": 3,
  "@millrace/plan": 4,
  "@millrace/operators": 4,
  "@millrace/state": 4,
  "@millrace/connectors": 4,
  "@millrace/kafka": 4,
  "@millrace/snapshots": 5,
  "@millrace/cep": 5,
  "@millrace/runtime": 6,
  "@millrace/api": 6,
  "@millrace/testkit": 7,
  "@millrace/host": 7,
  "@millrace/cli": 8,
  millrace: 9,
  "@millrace/sim": 10,
};

/** Tests may use these whatever their layer. */
const testTools = new Set(["vitest", "fast-check", "@millrace/testkit"]);

/** Packages depend downwards only, and import only what their package.json names. */
export function checkLayers(tree: SourceTree): Finding[] {
  return [...checkManifests(tree), ...checkImports(tree), ...checkReferences(tree)];
}

function checkManifests(tree: SourceTree): Finding[] {
  const findings: Finding[] = [];
  for (const manifest of tree.packages.values()) {
    if (!isShipped(manifest)) continue;
    const path = `${manifest.folder}/package.json`;
    const own = layerOf[manifest.name];
    if (own === undefined) {
      findings.push({ path, message: `${manifest.name} has no layer; give it one in scripts/tidy/layers.ts` });
      continue;
    }
    for (const dependency of manifest.dependencies) {
      const layer = layerOf[dependency];
      if (layer !== undefined && layer >= own)
        findings.push({ path, message: `${manifest.name} (layer ${own}) may not depend on ${dependency} (layer ${layer})` });
    }
  }
  return findings;
}

function checkImports(tree: SourceTree): Finding[] {
  const findings: Finding[] = [];
  for (const [path, module] of tree.modules) {
    const manifest = packageOf(tree, path);
    if (manifest === undefined) continue;
    for (const { specifier, line } of module.imports) {
      const message = specifier.startsWith(".") ? refuseRelative(manifest, path, specifier) : refusePackage(manifest, path, specifier);
      if (message !== undefined) findings.push({ path, line, message });
    }
  }
  return findings;
}

function refuseRelative(manifest: PackageManifest, path: string, specifier: string): string | undefined {
  const target = join(dirname(path), specifier);
  if (!target.startsWith(`${manifest.folder}/`)) return `${specifier} leaves the package; import the other package by name`;
  return /\.(ts|json|mjs|js)$/.test(specifier) ? undefined : `${specifier} needs its extension`;
}

function refusePackage(manifest: PackageManifest, path: string, specifier: string): string | undefined {
  if (specifier.startsWith("node:") || specifier.startsWith("data:")) return undefined;
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  if (name === manifest.name || manifest.dependencies.includes(name)) return undefined;
  if (isTest(path) && (testTools.has(name) || manifest.devDependencies.includes(name))) return undefined;
  return `${name} is not among the dependencies of ${manifest.name}`;
}

/** The project references of a package are its workspace dependencies, so that `tsc -b` builds in the order of layers. */
function checkReferences(tree: SourceTree): Finding[] {
  const findings: Finding[] = [];
  const folderOf = new Map([...tree.packages.values()].map((manifest) => [manifest.name, manifest.folder]));
  for (const manifest of tree.packages.values()) {
    if (!isShipped(manifest)) continue;
    const path = `${manifest.folder}/tsconfig.json`;
    const file = tree.files.find((candidate) => candidate.path === path);
    if (file === undefined) {
      findings.push({ path, message: "every package has a tsconfig.json" });
      continue;
    }
    const config = JSON.parse(file.text) as { references?: { path: string }[] };
    const actual = new Set((config.references ?? []).map((reference) => join(manifest.folder, reference.path)));
    const expected = new Set(manifest.dependencies.map((name) => folderOf.get(name)).filter((folder) => folder !== undefined));
    for (const folder of expected) {
      if (!actual.has(folder)) findings.push({ path, message: `references lack ${folder}, a dependency` });
    }
    for (const folder of actual) {
      if (!expected.has(folder)) findings.push({ path, message: `references name ${folder}, which is no dependency` });
    }
  }
  return findings;
}

function isShipped(manifest: PackageManifest): boolean {
  return manifest.folder.startsWith("packages/") || manifest.folder.startsWith("apps/");
}
