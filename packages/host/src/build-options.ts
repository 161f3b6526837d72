import type { BuildOptions } from "@millrace/api";

/** What a job is built from, wherever it is built: absent stays absent. */
export function buildOptions({ parameters, mode }: { readonly [O in keyof BuildOptions]: BuildOptions[O] | undefined }): BuildOptions {
  return { ...(parameters !== undefined && { parameters }), ...(mode !== undefined && { mode }) };
}
