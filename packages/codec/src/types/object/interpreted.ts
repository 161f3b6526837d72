import { defineField } from "@millrace/core";
import type { ByteReader, ByteWriter } from "../../bytes.ts";
import { fieldStep, inside } from "../../refusal.ts";
import { isPlainObject } from "../plain.ts";
import { encodeField, type Field, refuseObject, refuseUnknownFields } from "./fields.ts";

type Plain = { [name: string]: unknown };

export interface ObjectMethods {
  encode(value: unknown, writer: ByteWriter): void;
  decode(reader: ByteReader): Plain;
}

/**
 * The object codec as a loop over its fields: what runs where code generation is forbidden, and the oracle of the
 * generated form. Bytes: a bit for each optional field (least first, in whole bytes), then the fields that are there, in
 * declared order.
 */
export function interpretedObject(fields: readonly Field[]): ObjectMethods {
  const optionals = fields.filter((field) => field.presenceBit >= 0);
  const presenceBytes = Math.ceil(optionals.length / 8);

  function writePresence(value: Plain, writer: ByteWriter): void {
    for (let byte = 0; byte < presenceBytes; byte++) {
      let bits = 0;
      for (const field of optionals.slice(byte * 8, byte * 8 + 8)) {
        if (Object.hasOwn(value, field.name)) bits |= 1 << (field.presenceBit % 8);
      }
      writer.u8(bits);
    }
  }

  return {
    encode(value, writer) {
      if (!isPlainObject(value)) refuseObject(value);
      refuseUnknownFields(value, fields);
      writePresence(value, writer);
      for (const field of fields) {
        if (field.presenceBit >= 0 && !Object.hasOwn(value, field.name)) continue;
        try {
          encodeField(field, value, writer);
        } catch (error) {
          throw inside(error, fieldStep(field.name));
        }
      }
    },
    decode(reader) {
      const presence: number[] = [];
      for (let byte = 0; byte < presenceBytes; byte++) presence.push(reader.u8());
      const value: Plain = {};
      for (const { name, codec, presenceBit } of fields) {
        const there = presenceBit < 0 || ((presence[presenceBit >> 3] as number) & (1 << (presenceBit % 8))) !== 0;
        if (there) defineField(value, name, codec.decode(reader));
      }
      return value;
    },
  };
}
