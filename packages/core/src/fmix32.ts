/** MurmurHash3's finalizer: 32 bits to 32 bits, one to one, each bit of the input in half of the bits of the output. Signed. */
export function fmix32(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
