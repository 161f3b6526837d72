import { checkChoice, type Json, MillraceError, messageOf } from "@millrace/core";
import { BadRecord, Pending, type ValueFormat, valueFormat } from "../format.ts";
import { frameBytes, framed, schemaIdOf } from "./framing.ts";
import type { ResolvedSchema, SchemaReference, SchemaRegistry, SchemaText, SchemaType } from "./schema-registry.ts";
import { type RecordPart, type SubjectStrategy, subjectOf } from "./subjects.ts";

/** Of all formats with a registry. */
export interface RegisteredOptions {
  /** Under which subject the schema is registered. Default "topicName". */
  readonly subject?: SubjectStrategy;
  /** Whether it is for keys or values; it is part of subjects by topic. Default "value". */
  readonly part?: RecordPart;
  /** Default true: the schema is registered when it is written with first. false: it has to be registered already. */
  readonly register?: boolean;
  /** Schemas under other subjects that the schema uses. */
  readonly references?: readonly SchemaReference[];
}

/** What one kind of schemas does, once they are there as text. */
export interface SchemaKind<T> {
  readonly name: string;
  readonly type: SchemaType;
  /** Reads values that were written with `writer`, from what is behind the frame; `own`: of the options. Throws on bytes that are none. */
  decoder(writer: ResolvedSchema, own: ResolvedSchema | undefined): (bytes: Buffer) => T;
  /** Writes what is behind the frame. Throws on values that the schema does not take. */
  encoder(own: ResolvedSchema): { readonly recordName: string; encode(value: T): readonly Uint8Array[] };
}

type Encoder<T> = ReturnType<SchemaKind<T>["encoder"]>;
/** undefined: the registry does not know the schema. */
type Decoder<T> = ((bytes: Buffer) => T) | undefined;

/**
 * A format whose values carry the id of the schema that they were written with. `schema` undefined: values are read as
 * they were written, and can't be written. What has to be asked of the registry first is Pending.
 */
export function registeredFormat<T>(
  registry: SchemaRegistry,
  kind: SchemaKind<T>,
  schema: string | undefined,
  options: RegisteredOptions,
  description: Json,
): ValueFormat<T> {
  const { subject = "topicName", part = "value" } = options;
  if (typeof subject === "string") checkChoice(`the subject of ${kind.name}`, subject, ["topicName", "recordName", "topicRecordName"]);
  checkChoice(`the part of ${kind.name}`, part, ["key", "value"]);
  const reading = new Reading(registry, kind, schemaText(kind, schema, options));
  const writing = new Writing(registry, kind, schemaText(kind, schema, options), options);
  return valueFormat(
    kind.name,
    { format: kind.name, registry: [...registry.urls], schema: schema ?? null, options: description },
    (bytes) => reading.read(bytes),
    (value, topic) => writing.write(value, topic),
  );
}

function schemaText<T>({ type }: SchemaKind<T>, schema: string | undefined, { references = [] }: RegisteredOptions): SchemaText | undefined {
  return schema === undefined ? undefined : { type, text: schema, references };
}

class Reading<T> {
  readonly #registry: SchemaRegistry;
  readonly #kind: SchemaKind<T>;
  readonly #own: SchemaText | undefined;
  readonly #decoders = new Map<number, Decoder<T>>();

  constructor(registry: SchemaRegistry, kind: SchemaKind<T>, own: SchemaText | undefined) {
    this.#registry = registry;
    this.#kind = kind;
    this.#own = own;
  }

  read(bytes: Buffer): T {
    const id = schemaIdOf(bytes);
    const decode = this.#decoders.get(id);
    if (decode === undefined) {
      if (!this.#decoders.has(id)) throw new Pending(this.#load(id));
      // It may be known the next time.
      this.#decoders.delete(id);
      throw new BadRecord(`the registry knows no schema ${id}`);
    }
    try {
      return decode(bytes.subarray(frameBytes));
    } catch (error) {
      throw error instanceof BadRecord ? error : new BadRecord(`no value of schema ${id}: ${messageOf(error)}`);
    }
  }

  async #load(id: number): Promise<void> {
    const [writer, own] = await Promise.all([this.#registry.schema(id), this.#own === undefined ? undefined : this.#registry.resolve(this.#own)]);
    this.#decoders.set(id, writer === undefined ? undefined : this.#decoderFor(id, writer, own));
  }

  /** A schema that can't be read makes bad records, as a value that can't be does. */
  #decoderFor(id: number, writer: ResolvedSchema, own: ResolvedSchema | undefined): (bytes: Buffer) => T {
    const bad = (message: string) => () => {
      throw new BadRecord(message);
    };
    if (writer.type !== this.#kind.type) return bad(`schema ${id} is of type ${writer.type}, not ${this.#kind.type}`);
    try {
      return this.#kind.decoder(writer, own);
    } catch (error) {
      return bad(`values of schema ${id} can't be read: ${messageOf(error)}`);
    }
  }
}

class Writing<T> {
  readonly #registry: SchemaRegistry;
  readonly #kind: SchemaKind<T>;
  readonly #own: SchemaText | undefined;
  readonly #options: RegisteredOptions;
  readonly #idsByTopic = new Map<string, number>();
  #encoder: Encoder<T> | undefined;

  constructor(registry: SchemaRegistry, kind: SchemaKind<T>, own: SchemaText | undefined, options: RegisteredOptions) {
    this.#registry = registry;
    this.#kind = kind;
    this.#own = own;
    this.#options = options;
  }

  write(value: T, topic: string): Buffer {
    const id = this.#idsByTopic.get(topic);
    const encoder = this.#encoder;
    if (id === undefined || encoder === undefined) throw new Pending(this.#load(topic));
    try {
      return framed(id, ...encoder.encode(value));
    } catch (error) {
      throw new MillraceError("KAFKA_VALUE", `${topic}: the value is none of the ${this.#kind.name} schema: ${messageOf(error)}`, {
        cause: error,
        hint: "correct the value or the schema",
      });
    }
  }

  async #load(topic: string): Promise<void> {
    const own = this.#own;
    if (own === undefined) throw needsSchema(this.#kind.name);
    this.#encoder ??= await this.#made(own);
    const { subject: strategy = "topicName", part = "value", register = true } = this.#options;
    const subject = subjectOf(strategy, topic, part, this.#encoder.recordName);
    this.#idsByTopic.set(topic, await (register ? this.#registry.register(subject, own) : this.#registry.lookUp(subject, own)));
  }

  async #made(own: SchemaText): Promise<Encoder<T>> {
    const resolved = await this.#registry.resolve(own);
    try {
      return this.#kind.encoder(resolved);
    } catch (error) {
      throw new MillraceError("REGISTRY_SCHEMA", `the ${this.#kind.name} schema can't be used: ${messageOf(error)}`, { cause: error });
    }
  }
}

function needsSchema(name: string): MillraceError {
  return new MillraceError("REGISTRY_SCHEMA", `${name}: writing needs a schema`, { hint: `${name}(registry, { schema })` });
}
