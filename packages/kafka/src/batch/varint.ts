/** Zigzag varints of 32-bit numbers, as they stand in records. */
export function varintBytes(value: number): number {
  let rest = (value << 1) ^ (value >> 31);
  let bytes = 1;
  while ((rest & ~127) !== 0) {
    bytes++;
    rest >>>= 7;
  }
  return bytes;
}

/** Writes at `at`, returns the index behind. The buffer has room. */
export function putVarint(buffer: Buffer, at: number, value: number): number {
  let rest = (value << 1) ^ (value >> 31);
  while ((rest & ~127) !== 0) {
    buffer[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

/** A varint of up to 64 bits, for timestamp deltas, which may be larger than 32 bits. */
export function varlongBytes(value: number): number {
  if (value >= -0x4000_0000 && value < 0x4000_0000) return varintBytes(value);
  let rest = zigzag(value);
  let bytes = 1;
  while (rest > 127n) {
    bytes++;
    rest >>= 7n;
  }
  return bytes;
}

export function putVarlong(buffer: Buffer, at: number, value: number): number {
  if (value >= -0x4000_0000 && value < 0x4000_0000) return putVarint(buffer, at, value);
  let rest = zigzag(value);
  while (rest > 127n) {
    buffer[at++] = Number(rest & 127n) | 128;
    rest >>= 7n;
  }
  buffer[at++] = Number(rest);
  return at;
}

function zigzag(value: number): bigint {
  const big = BigInt(value);
  return BigInt.asUintN(64, (big << 1n) ^ (big >> 63n));
}
