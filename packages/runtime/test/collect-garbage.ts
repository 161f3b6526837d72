import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");

/** Collects all garbage now; buffers that nobody holds are given back a little later. */
export const collectGarbage = runInNewContext("gc") as () => void;
