import { resolve } from "node:path";

/** Against the working directory of the process. */
export function absolutePath(path: string): string {
  return resolve(path);
}
