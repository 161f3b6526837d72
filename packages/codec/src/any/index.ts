import { makeCodec } from "../fingerprint.ts";
import { decodeAny } from "./decode.ts";
import { encodeAny } from "./encode.ts";

/**
 * Every value that records and state may hold (law O6), self-describing: a tag byte before each value, field names with
 * each object. A tree: one object held in two places becomes two. Slower and larger than a declared type.
 */
export const anyCodec = makeCodec<unknown>({ kind: "any" }, encodeAny, decodeAny);
