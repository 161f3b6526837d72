/** Any one key part; the same type as `PrimitiveKey` of the contracts. */
export type PrimitiveKey = string | number | boolean | bigint;

/** A key of a keyed stream (law S2): a primitive or a tuple of primitives. */
export type Key = PrimitiveKey | readonly PrimitiveKey[];

const TWO_TO_32 = 4_294_967_296;
const float = new Float64Array(1);
const halves = new Uint32Array(float.buffer);
const [lowHalf, highHalf] = littleEndian() ? [0, 1] : [1, 0];

function littleEndian(): boolean {
  float[0] = 1;
  return halves[0] === 0;
}

/** Integer.hashCode: the value itself, as a signed 32-bit integer. */
function int(value: number): number {
  return value | 0;
}

/** Long.hashCode of a safe integer or of a bigint of 64 bits: the upper half xor the lower half. */
function long(value: number | bigint): number {
  if (typeof value === "bigint") return Number(BigInt.asIntN(32, value)) ^ Number(BigInt.asIntN(32, value >> 32n));
  if ((value | 0) === value) return value ^ (value >> 31);
  return value ^ Math.floor(value / TWO_TO_32);
}

/** Double.hashCode. NaN has one hash, −0 another than 0, as in Java. */
function double(value: number): number {
  if (Number.isNaN(value)) return 0x7ff80000;
  float[0] = value;
  return (halves[lowHalf] as number) ^ (halves[highHalf] as number);
}

/** String.hashCode, over UTF-16 code units. */
function string(value: string): number {
  let hash = 0;
  for (let index = 0; index < value.length; index++) hash = (Math.imul(hash, 31) + value.charCodeAt(index)) | 0;
  return hash;
}

/** Boolean.hashCode. */
function boolean(value: boolean): number {
  return value ? 1231 : 1237;
}

/** The hashCode of Flink's Tuple1…Tuple25 from the hashes of its fields: the first field's hash, then 31 × hash + the next. */
function tuple(hashes: readonly number[]): number {
  let hash = hashes[0] ?? 0;
  for (let index = 1; index < hashes.length; index++) hash = (Math.imul(hash, 31) + (hashes[index] as number)) | 0;
  return hash;
}

/** The hash codes of Java's types, by the name of the type. All results are signed 32-bit integers. */
export const javaHash = { int, long, double, string, boolean, tuple } as const;

/**
 * The Java hash code of a key as law S2 chooses the Java type: safe integers and bigints are Long, other numbers Double,
 * tuples Flink's Tuple. −0 hashes as 0. The key must have passed `checkKey`. Allocates nothing for strings and numbers.
 */
export function keyHash(key: Key): number {
  switch (typeof key) {
    case "string":
      return string(key);
    case "number":
      if ((key | 0) === key) return key ^ (key >> 31);
      return Number.isSafeInteger(key) ? long(key) : double(key);
    case "boolean":
      return boolean(key);
    case "bigint":
      return long(key);
    default:
      return keyTupleHash(key);
  }
}

function keyTupleHash(key: readonly PrimitiveKey[]): number {
  let hash = 0;
  for (let index = 0; index < key.length; index++) hash = (Math.imul(hash, 31) + keyHash(key[index] as PrimitiveKey)) | 0;
  return hash;
}
