/** `node publish.ts MODEL.onnx VERSION DIRECTORY`: hands a model to a job that watches the directory. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publicationOf } from "./publication.ts";

const [path, version, directory] = process.argv.slice(2);
if (path === undefined || version === undefined || directory === undefined) {
  console.error("usage: node publish.ts MODEL.onnx VERSION DIRECTORY");
  process.exit(2);
}
mkdirSync(directory, { recursive: true });
const name = `model-${version.padStart(4, "0")}.jsonl`;
// The job reads a file once, as it is when it appears.
const hidden = join(directory, `.${name}`);
writeFileSync(hidden, publicationOf({ version: Number(version), onnx: readFileSync(path) }));
renameSync(hidden, join(directory, name));
console.log(`version ${version} is in ${directory}`);
