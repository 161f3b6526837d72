import { MillraceError } from "@millrace/core";
import { askOverHttp } from "../../node/registry/http.ts";
import type { TlsOptions } from "../../transport/transport.ts";
import { type RegistryAnswer, type RegistryTransport, RegistryUnreachable } from "./transport.ts";

export type SchemaType = "AVRO" | "PROTOBUF" | "JSON";

/** A schema under another subject that a schema uses by `name`: a full name in Avro, an import in Protobuf, a `$ref` in JSON Schema. */
export interface SchemaReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

export interface SchemaText {
  readonly type: SchemaType;
  readonly text: string;
  readonly references: readonly SchemaReference[];
}

/** With all that it refers to, before what refers to it. */
export interface ResolvedSchema {
  readonly type: SchemaType;
  readonly text: string;
  readonly references: readonly { readonly name: string; readonly text: string }[];
}

export type RegistryAuth = { readonly username: string; readonly password: string } | { readonly bearer: string | (() => string | Promise<string>) };

export interface SchemaRegistryOptions {
  /** Of Confluent's REST interface, e.g. `http://localhost:8081`; several of one registry are tried in turn. */
  readonly url: string | readonly string[];
  readonly auth?: RegistryAuth;
  /** For https, as `tls.connect` takes it. */
  readonly ssl?: TlsOptions;
  /** How long an answer is waited for. Default 10 s. */
  readonly requestTimeoutMs?: number;
  /** How long a registry that can't be reached is tried before the job fails with REGISTRY_UNREACHABLE. Default 1 minute. */
  readonly unavailableMs?: number;
  /** Another way to ask; for tests. */
  readonly transport?: RegistryTransport;
}

const notFound = 404;

/**
 * Speaks with a schema registry: Confluent's REST interface, which others have, too (Karapace, Apicurio, Redpanda).
 * Schemas never change under their id, nor do versions of a subject: what was asked once is remembered.
 */
export class SchemaRegistry {
  readonly urls: readonly string[];
  readonly #options: SchemaRegistryOptions;
  readonly #ask: RegistryTransport;
  readonly #remembered = new Map<string, Promise<unknown>>();

  constructor(options: SchemaRegistryOptions) {
    this.urls = typeof options.url === "string" ? [options.url] : options.url;
    this.#options = options;
    this.#ask = options.transport ?? askOverHttp;
    for (const url of this.urls) if (!/^https?:\/\/.+/.test(url)) throw refused(`${JSON.stringify(url)} is no http address`);
    if (this.urls.length === 0) throw refused("an address is needed");
  }

  /** undefined: the registry knows no such id. Rejects with REGISTRY_UNREACHABLE, REGISTRY_DENIED, REGISTRY. */
  schema(id: number): Promise<ResolvedSchema | undefined> {
    return this.#once(`id ${id}`, async () => {
      const answer = await this.#call("GET", `/schemas/ids/${id}`);
      return hasNoSuch(answer) ? undefined : this.resolve(schemaOf(answer));
    });
  }

  /** A schema's id under a subject, where it is registered if it is not yet. Rejects with REGISTRY_REFUSED when it is not compatible. */
  register(subject: string, schema: SchemaText): Promise<number> {
    return this.#once(`register ${subject} ${JSON.stringify(schema)}`, async () => {
      const answer = await this.#call("POST", `/subjects/${encodeURIComponent(subject)}/versions`, bodyOf(schema));
      return idOf(subject, answer);
    });
  }

  /** The same of a schema that has to be registered already. */
  lookUp(subject: string, schema: SchemaText): Promise<number> {
    return this.#once(`look up ${subject} ${JSON.stringify(schema)}`, async () => {
      const answer = await this.#call("POST", `/subjects/${encodeURIComponent(subject)}`, bodyOf(schema));
      if (answer.status === notFound) {
        throw new MillraceError("REGISTRY_REFUSED", `the schema is not registered under ${subject}: ${answer.body}`, {
          hint: "register it, or leave register: false out",
        });
      }
      return idOf(subject, answer);
    });
  }

  /** With the texts of its references, and of theirs. */
  async resolve({ type, text, references }: SchemaText): Promise<ResolvedSchema> {
    const found = new Map<string, string>();
    const collect = async (list: readonly SchemaReference[]): Promise<void> => {
      for (const { name, subject, version } of list) {
        if (found.has(name)) continue;
        const referred = await this.#version(subject, version);
        await collect(referred.references);
        found.set(name, referred.text);
      }
    };
    await collect(references);
    return { type, text, references: [...found].map(([name, referred]) => ({ name, text: referred })) };
  }

  #version(subject: string, version: number): Promise<SchemaText> {
    return this.#once(`version ${subject} ${version}`, async () => {
      const answer = await this.#call("GET", `/subjects/${encodeURIComponent(subject)}/versions/${version}`);
      if (answer.status === notFound)
        throw new MillraceError("REGISTRY", `the registry has no version ${version} of ${subject}, which a schema refers to`);
      return schemaOf(answer);
    });
  }

  #once<V>(what: string, ask: () => Promise<V>): Promise<V> {
    const known = this.#remembered.get(what);
    if (known !== undefined) return known as Promise<V>;
    const asking = ask();
    this.#remembered.set(what, asking);
    const forget = (): void => void this.#remembered.delete(what);
    asking.then((answer) => answer === undefined && forget(), forget);
    return asking;
  }

  async #call(method: "GET" | "POST", path: string, body?: string): Promise<RegistryAnswer> {
    const { ssl, requestTimeoutMs = 10_000, unavailableMs = 60_000 } = this.#options;
    let answer: RegistryAnswer;
    try {
      const authorization = await this.#authorization();
      answer = await this.#ask({ urls: this.urls, method, path, body, authorization, ssl, requestTimeoutMs, unavailableMs });
    } catch (error) {
      if (!(error instanceof RegistryUnreachable)) throw error;
      throw new MillraceError("REGISTRY_UNREACHABLE", `the schema registry can't be reached: ${error.message}`, {
        cause: error,
        hint: "check its address and that it runs; unavailableMs says how long is tried",
      });
    }
    if (answer.status === 401 || answer.status === 403) {
      throw new MillraceError("REGISTRY_DENIED", `the schema registry refuses ${method} ${path} (${answer.status}): ${answer.body.slice(0, 200)}`, {
        hint: "check auth, and the rights of that user on the subject",
      });
    }
    return answer;
  }

  async #authorization(): Promise<string | undefined> {
    const { auth } = this.#options;
    if (auth === undefined) return undefined;
    if ("bearer" in auth) return `Bearer ${typeof auth.bearer === "string" ? auth.bearer : await auth.bearer()}`;
    return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString("base64")}`;
  }
}

/** Names a registry. Nothing connects before a job runs, and no secret goes into the plan. */
export function schemaRegistry(options: SchemaRegistryOptions): SchemaRegistry {
  return new SchemaRegistry(options);
}

/** A registry gives a reason of its own; what stands in front of one, and does not reach it, may answer with the status alone. */
function hasNoSuch({ status, body }: RegistryAnswer): boolean {
  if (status !== notFound) return false;
  try {
    const { error_code } = JSON.parse(body) as { readonly error_code?: unknown };
    return typeof error_code === "number";
  } catch {
    return false;
  }
}

function bodyOf({ type, text, references }: SchemaText): string {
  return JSON.stringify({ schema: text, ...(type === "AVRO" ? {} : { schemaType: type }), ...(references.length === 0 ? {} : { references }) });
}

function schemaOf(answer: RegistryAnswer): SchemaText {
  const {
    schema,
    schemaType = "AVRO",
    references = [],
  } = parsed(answer) as {
    readonly schema: string;
    readonly schemaType?: SchemaType;
    readonly references?: readonly SchemaReference[];
  };
  return { type: schemaType, text: schema, references };
}

function idOf(subject: string, answer: RegistryAnswer): number {
  const incompatible = 409;
  const invalid = 422;
  if (answer.status === incompatible || answer.status === invalid) {
    throw new MillraceError("REGISTRY_REFUSED", `the registry does not take the schema under ${subject} (${answer.status}): ${answer.body}`, {
      hint: "make it compatible with the versions there, or change the subject's compatibility",
    });
  }
  return (parsed(answer) as { readonly id: number }).id;
}

function parsed({ status, body }: RegistryAnswer): unknown {
  if (status !== 200) throw new MillraceError("REGISTRY", `the schema registry answers ${status}: ${body.slice(0, 500)}`);
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new MillraceError("REGISTRY", `the schema registry answers with what is no JSON: ${body.slice(0, 200)}`, {
      cause: error,
      hint: "check that the address is that of Confluent's REST interface; Apicurio has it under /apis/ccompat/v7",
    });
  }
}

function refused(message: string): MillraceError {
  return new MillraceError("REGISTRY_OPTIONS", `schemaRegistry: ${message}`, { hint: 'e.g. schemaRegistry({ url: "http://localhost:8081" })' });
}
