export type { ByteReader, ByteWriter } from "./bytes.ts";
export type { Codec, Infer, TypeDescription } from "./contract.ts";
