/** By the path of a file, the lines of it whose breakage changes no result: the line without its indentation, what it is broken to, and why nobody can tell. */
export type HarmlessLines = Readonly<Record<string, readonly (readonly [find: string, replace: string, why: string])[]>>;
