import { readdir, readFile, rm } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import { rolldown } from "rolldown";

// The JavaScript of every published package, one file for each of its entry points, beside the declarations of `tsc -b`.
// Node spends about 0.4 ms on each module that it loads: hundreds of small ones would be most of a job's start.

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly "millrace-source": string; readonly default: string }>>;
}

const root = resolve(import.meta.dirname, "..");

async function packageFolders(): Promise<readonly string[]> {
  const names = await readdir(join(root, "packages"));
  return [...names.map((name) => join(root, "packages", name)), join(root, "apps/cli")];
}

async function bundle(folder: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
  const input = Object.fromEntries(
    Object.values(manifest.exports).map((entry) => [relative("dist", entry.default).replace(/\.js$/, ""), join(folder, entry["millrace-source"])]),
  );
  await rm(join(folder, "dist/parts"), { recursive: true, force: true });
  const build = await rolldown({
    input,
    platform: "node",
    transform: { target: "es2024" },
    // Whatever is named as a package stays one: two copies of a module would be two kinds of errors and codecs. The helpers
    // for syntax that the target does not know (`using`) come from the bundler itself and belong into the bundle.
    external: (id) => !id.startsWith(".") && !isAbsolute(id) && !/^(\0|@oxc-project\/runtime)/.test(id),
  });
  await build.write({ dir: join(folder, "dist"), format: "esm", sourcemap: true, chunkFileNames: "parts/[name].js" });
  await build.close();
}

for (const folder of await packageFolders()) await bundle(folder);
