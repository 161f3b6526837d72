import { messageOf } from "@millrace/core";
import { BadRecord, type Format, findLineFeed, noRecord, type RecordDecoder, trimCarriageReturn } from "./format.ts";
import { type Parse, parser } from "./parse.ts";

export interface JsonLinesOptions<T> {
  /** Checks or converts what JSON.parse gave; without it the value is taken for a T unchecked. */
  readonly parse?: Parse<unknown, T>;
}

/** Every line is a JSON value (NDJSON). Blank lines are skipped. */
export function jsonLines<T = unknown>(options: JsonLinesOptions<T> = {}): Format<T> {
  const convert = options.parse === undefined ? (value: unknown) => value as T : parser(options.parse);
  return {
    name: "jsonLines",
    description: { format: "jsonLines" },
    splittable: true,
    createDecoder: (encoding): RecordDecoder<T> => ({
      multiline: false,
      findEnd: findLineFeed,
      decode: (buffer, start, end) => {
        const text = buffer.toString(encoding, start, trimCarriageReturn(buffer, start, end));
        let value: unknown;
        try {
          value = JSON.parse(text);
        } catch (error) {
          if (text.trim() === "") return noRecord;
          throw new BadRecord(`not JSON: ${messageOf(error)}`, { column: columnOf(messageOf(error)) });
        }
        return convert(value);
      },
      state: () => null,
      restore: () => {},
    }),
  };
}

/** V8 says "at position 12" in most of its messages. */
function columnOf(message: string): number | undefined {
  const position = /at position (\d+)/.exec(message)?.[1];
  return position === undefined ? undefined : Number(position) + 1;
}
