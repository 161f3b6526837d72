/** Avro, Protobuf and JSON Schema with a schema registry, in Confluent's framing. */

export { type AvroOptions, avro } from "./avro.ts";
export { type JsonSchemaOptions, jsonSchema } from "./json-schema.ts";
export { type ProtobufOptions, protobufMessage } from "./protobuf.ts";
export type { RegisteredOptions } from "./registered-format.ts";
export {
  type RegistryAuth,
  type SchemaReference,
  SchemaRegistry,
  type SchemaRegistryOptions,
  type SchemaType,
  schemaRegistry,
} from "./schema-registry.ts";
export type { RecordPart, SubjectStrategy } from "./subjects.ts";
export { type RegistryAnswer, type RegistryRequest, type RegistryTransport, RegistryUnreachable } from "./transport.ts";
