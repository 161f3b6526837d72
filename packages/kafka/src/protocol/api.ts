import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

/** One version of one request of Kafka's protocol: how its body is written and its answer read. */
export interface Api<Request, Response> {
  readonly name: string;
  readonly key: number;
  readonly version: number;
  /** Flexible versions have tagged fields, also in the headers. */
  readonly flexible: boolean;
  write(writer: ByteWriter, request: Request): void;
  read(reader: ByteReader): Response;
}
