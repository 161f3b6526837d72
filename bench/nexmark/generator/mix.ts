/** The golden ratio in 32 bits, and its multiples: the steps from one draw of an event to the next. In 32 bits each, so that they are added as such. */
export const GOLDEN = 0x9e3779b9 | 0;
export const GOLDEN_2 = (2 * GOLDEN) | 0;
export const GOLDEN_3 = (3 * GOLDEN) | 0;
export const GOLDEN_4 = (4 * GOLDEN) | 0;

/** The only mixing function: 32 bits in, 32 bits out, a bijection (Chris Wellons' lowbias32). */
export function mix(x: number): number {
  x ^= x >>> 16;
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  return x ^ (x >>> 16);
}

/** The 16 high bits of a draw, scaled to 0..bound-1; bound is 32,767 at most. */
export function high(draw: number, bound: number): number {
  return ((draw >>> 16) * bound) >>> 16;
}

/** The 16 low bits of a draw, scaled to 0..bound-1; bound is 32,767 at most. */
export function low(draw: number, bound: number): number {
  return ((draw & 0xffff) * bound) >>> 16;
}
