import { type Format, findLineFeed, type RecordDecoder, trimCarriageReturn } from "./format.ts";

/** Every line is a record, empty lines too; line ends (LF or CRLF) are cut off. */
export function lines(): Format<string> {
  return {
    name: "lines",
    description: { format: "lines" },
    splittable: true,
    createDecoder: (encoding): RecordDecoder<string> => ({
      multiline: false,
      findEnd: findLineFeed,
      decode: (buffer, start, end) => buffer.toString(encoding, start, trimCarriageReturn(buffer, start, end)),
      state: () => null,
      restore: () => {},
    }),
  };
}
