import { messageOf } from "@millrace/core";
import type { TlsOptions } from "../../transport/transport.ts";

export interface RegistryRequest {
  /** Of one registry; any of them may be asked. */
  readonly urls: readonly string[];
  readonly method: "GET" | "POST";
  /** Behind the address, with a slash in front. */
  readonly path: string;
  /** JSON. */
  readonly body: string | undefined;
  readonly authorization: string | undefined;
  readonly ssl: TlsOptions | undefined;
  readonly requestTimeoutMs: number;
  readonly unavailableMs: number;
}

export interface RegistryAnswer {
  readonly status: number;
  readonly body: string;
}

/** Resolves with an answer that is final, or rejects with RegistryUnreachable. */
export type RegistryTransport = (request: RegistryRequest) => Promise<RegistryAnswer>;

/** Nobody has answered for `unavailableMs`. */
export class RegistryUnreachable extends Error {
  override readonly name = "RegistryUnreachable";

  constructor({ urls, unavailableMs }: RegistryRequest, cause: unknown) {
    super(`${urls.join(", ")}: tried for ${Math.round(unavailableMs / 1000)} s, last: ${messageOf(cause)}`, { cause });
  }
}
