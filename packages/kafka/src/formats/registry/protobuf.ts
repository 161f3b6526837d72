import { checkChoice } from "@millrace/core";
import protobuf from "protobufjs";
import { BadRecord, utf8Text, type ValueFormat } from "../format.ts";
import { putZigzag, zigzagsIn } from "./message-indexes.ts";
import { type RegisteredOptions, registeredFormat, type SchemaKind } from "./registered-format.ts";
import type { ResolvedSchema, SchemaRegistry } from "./schema-registry.ts";

export interface ProtobufOptions extends RegisteredOptions {
  /** The text of a .proto file. To read: messages are read by it, which Protobuf's field numbers allow whatever wrote them. */
  readonly schema?: string;
  /** The message's name, in full or from inside its package. Default: the first one of the file. */
  readonly message?: string;
  /** What 64-bit numbers become. Default "bigint". */
  readonly longs?: "bigint" | "number" | "string";
}

const longTypes = { bigint: BigInt, number: Number, string: String } as const;

/**
 * Protobuf, with the schema's id and the message's place in its file in front. Field names are those of the file in
 * camel case; an enum is its name; a field that is not set has its default; bytes are Buffers.
 */
export function protobufMessage<T>(registry: SchemaRegistry, options: ProtobufOptions = {}): ValueFormat<T> {
  const { schema, message, longs = "bigint" } = options;
  checkChoice("longs of protobufMessage", longs, ["bigint", "number", "string"]);
  return registeredFormat<T>(registry, protobufKind(message, longs), schema, options, { message: message ?? null, longs });
}

function protobufKind<T>(message: string | undefined, longs: keyof typeof longTypes): SchemaKind<T> {
  const asObject = { longs: longTypes[longs], enums: String, defaults: true, arrays: true, objects: true, oneofs: true };
  return {
    name: "protobuf",
    type: "PROTOBUF",
    decoder(writer, own) {
      const written = fileOf(writer);
      const wanted = own === undefined ? undefined : typeIn(fileOf(own), message);
      return (bytes) => {
        const { indexes, end } = zigzagsIn(bytes);
        const type = wanted ?? typeAt(written, indexes);
        return type.toObject(type.decode(new CheckedReader(bytes.subarray(end))), asObject) as T;
      };
    },
    encoder(own) {
      const file = fileOf(own);
      const type = typeIn(file, message);
      const indexes = putZigzag(indexesOf(file, type));
      return {
        recordName: type.fullName.slice(1),
        encode(value) {
          const message = checked(type, value);
          const problem = type.verify(message);
          if (problem !== null) throw new Error(problem);
          return [indexes, type.encode(type.fromObject(message)).finish()];
        },
      };
    },
  };
}

/** Proto2 leaves open what becomes of a string that is not UTF-8, and protobufjs puts U+FFFD in it; of proto3 it refuses it itself. */
class CheckedReader extends protobuf.BufferReader {
  override string(): string {
    const length = this.uint32();
    const start = this.pos;
    // It throws where there are not so many bytes.
    this.skip(length);
    return utf8Text(this.buf as Buffer, start, this.pos, "a string is not UTF-8");
  }
}

/** The messages of a file, in its order, and where its own begin. */
interface ProtoFile {
  readonly root: protobuf.Root;
  readonly messages: readonly protobuf.Type[];
}

function fileOf({ text, references }: ResolvedSchema): ProtoFile {
  const root = new protobuf.Root();
  const given = new Map(references.map(({ name, text: file }) => [name, file]));
  const parsed = new Set<string>();
  const parse = (file: string): protobuf.IParserResult => {
    const result = protobuf.parse(file, root);
    for (const name of [...(result.imports ?? []), ...(result.weakImports ?? [])]) {
      if (parsed.has(name)) continue;
      parsed.add(name);
      const referred = given.get(name);
      const common = protobuf.common.get(name);
      if (referred !== undefined) parse(referred);
      else if (common?.nested !== undefined) root.addJSON(common.nested);
      else throw new Error(`it imports ${name}, which is none of its references`);
    }
    return result;
  };
  const { package: scope } = parse(text);
  root.resolveAll();
  const space = scope === undefined ? root : root.lookup(scope);
  // Other files may have the same package: what is this one's is what its text alone declares.
  const own = namesIn(text);
  return { root, messages: messagesIn(space as protobuf.NamespaceBase).filter(({ name }) => own.includes(name)) };
}

/** Of the messages at the top of a file, in their order. */
function namesIn(text: string): readonly string[] {
  const { root, package: scope } = protobuf.parse(text, new protobuf.Root());
  return messagesIn((scope === undefined ? root : root.lookup(scope)) as protobuf.NamespaceBase).map(({ name }) => name);
}

function messagesIn(space: protobuf.NamespaceBase): readonly protobuf.Type[] {
  return space.nestedArray.filter((nested) => nested instanceof protobuf.Type);
}

function typeIn({ root, messages }: ProtoFile, name: string | undefined): protobuf.Type {
  const [first] = messages;
  if (first === undefined) throw new Error("its file has no message");
  if (name === undefined) return first;
  const space = first.parent;
  const found = (space ?? root).lookup(name, protobuf.Type);
  if (found === null) throw new Error(`its file has no message ${name}`);
  return found as protobuf.Type;
}

/** By their places: of a message at the top of the file, and of those nested in it. */
function typeAt({ messages }: ProtoFile, indexes: readonly number[]): protobuf.Type {
  let among = messages;
  let type: protobuf.Type | undefined;
  for (const index of indexes) {
    type = among[index];
    if (type === undefined) throw new BadRecord(`its schema has no message at ${indexes.join("/")}`);
    among = messagesIn(type);
  }
  if (type === undefined) throw new BadRecord("it does not say which message it is");
  return type;
}

function indexesOf(file: ProtoFile, type: protobuf.Type): readonly number[] {
  const { parent } = type;
  if (parent instanceof protobuf.Type) return [...indexesOf(file, parent), messagesIn(parent).indexOf(type)];
  return [file.messages.indexOf(type)];
}

/**
 * As protobufjs takes and checks it: enums by number, 64-bit numbers in halves. It passes over fields that a message does
 * not have; a value with one is most likely mistaken.
 */
function checked(type: protobuf.Type, value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new Error(`${type.name}: an object is expected`);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries.map(([name, item]) => {
      const field = type.fields[name];
      if (field !== undefined) return [name, checkedField(field.resolve(), item)];
      if (type.oneofs?.[name] !== undefined) return [name, item];
      throw new Error(`${type.name} has no field ${name}`);
    }),
  );
}

function checkedField(field: protobuf.Field, value: unknown): unknown {
  const one = (item: unknown): unknown => {
    const { resolvedType } = field;
    if (resolvedType instanceof protobuf.Type) return checked(resolvedType, item);
    if (resolvedType instanceof protobuf.Enum && typeof item === "string") return resolvedType.values[item] ?? item;
    return typeof item === "bigint" ? halves(item) : item;
  };
  if (Array.isArray(value) && field.repeated) return value.map(one);
  if (field.map && typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, one(item)]));
  return one(value);
}

function halves(value: bigint): { readonly low: number; readonly high: number } {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)) };
}
