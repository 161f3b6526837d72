import fc from "fast-check";
import { typedArrayClasses, typedArrayKinds } from "../src/types/binary.ts";

/** Any string of UTF-16 units: ASCII, other scripts, lone surrogates. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary-ascii", maxLength: 60 }),
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  fc.array(fc.constantFrom(0x61, 0xd800, 0xdc00, 0xdfff, 0xe9, 0xfffd), { maxLength: 50 }).map((units) => String.fromCharCode(...units)),
);

/** Numbers, with the awkward ones often. */
export const anyNumber: fc.Arbitrary<number> = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.MIN_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER,
    2 ** 53,
    -64,
    127,
    128,
  ),
);

const fieldName = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("a", "b", "c", "id", "at") },
  { weight: 1, arbitrary: fc.constantFrom("", "__proto__", "toString", "constructor", "0", "7", "naïve", "with space", "\ud800") },
  { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
);

function objectOf(fields: readonly (readonly [string, unknown])[]): object {
  const object = {};
  for (const [name, value] of fields) Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  return object;
}

const typedArray = fc.tuple(fc.constantFrom(...typedArrayKinds), fc.array(fc.nat(255), { maxLength: 3 })).map(([kind, bytes]) => {
  const made = typedArrayClasses[kind];
  const memory = new Uint8Array(bytes.length * made.BYTES_PER_ELEMENT);
  memory.set(bytes);
  return new made(memory.buffer);
});

const buffer = fc.array(fc.nat(255), { maxLength: 3 }).map((bytes) => Buffer.from(bytes));

const scalar = fc.oneof(
  fc.constantFrom(null, undefined, true, false),
  anyNumber,
  anyText,
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  typedArray,
  buffer,
);

/** Every value that records and state may hold (law O6), registered classes apart. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(fc.tuple(fieldName, tie("value")), { maxLength: 5 }).map(objectOf),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => new Set(items)),
  ),
})).value;
