import { Ajv, type ValidateFunction } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import { BadRecord, utf8Text, type ValueFormat } from "../format.ts";
import { type RegisteredOptions, registeredFormat, type SchemaKind } from "./registered-format.ts";
import type { ResolvedSchema, SchemaRegistry } from "./schema-registry.ts";

export interface JsonSchemaOptions extends RegisteredOptions {
  /** Draft 6, 7, 2019-09 or 2020-12, as an object or as text. To read: values are checked by it, and not by the one they were written with. */
  readonly schema?: object | string;
}

/** JSON that a JSON Schema holds for, with the schema's id in front. `format` in a schema is a remark, as in the standard. */
export function jsonSchema<T>(registry: SchemaRegistry, options: JsonSchemaOptions = {}): ValueFormat<T> {
  const { schema } = options;
  return registeredFormat<T>(registry, jsonKind(), typeof schema === "object" ? JSON.stringify(schema) : schema, options, null);
}

function jsonKind<T>(): SchemaKind<T> {
  return {
    name: "jsonSchema",
    type: "JSON",
    decoder(writer, own) {
      const holds = validator(own ?? writer);
      return (bytes) => {
        const value: unknown = JSON.parse(utf8Text(bytes));
        if (!holds(value)) throw new BadRecord(problems(holds));
        return value as T;
      };
    },
    encoder(own) {
      const holds = validator(own);
      const { title } = JSON.parse(own.text) as { readonly title?: string };
      return {
        recordName: title ?? "",
        encode(value) {
          if (!holds(value)) throw new Error(problems(holds));
          return [Buffer.from(JSON.stringify(value))];
        },
      };
    },
  };
}

function validator({ text, references }: ResolvedSchema): ValidateFunction {
  const schema = JSON.parse(text) as { readonly $schema?: string };
  const options = { strict: false, validateFormats: false, allErrors: true };
  const { $schema = "" } = schema;
  const ajv = $schema.includes("2020-12") ? new Ajv2020(options) : $schema.includes("2019-09") ? new Ajv2019(options) : new Ajv(options);
  for (const reference of references) ajv.addSchema(JSON.parse(reference.text), reference.name);
  return ajv.compile(schema);
}

function problems({ errors }: ValidateFunction): string {
  return (errors ?? []).map(({ instancePath, message }) => `${instancePath || "the value"} ${message}`).join("; ");
}
