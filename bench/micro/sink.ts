/** Results go into a ring, so that they escape as they would into a sink. */
const ring: unknown[] = new Array(1_024);
let written = 0;

export function sink(result: unknown): void {
  ring[written++ & 1_023] = result;
}

/** Results that have come so far. */
export function sunk(): number {
  return written;
}

/** A ratio of two sides means something when both do the same. Neither needs to have results. */
export function expectAlike(reference: number, subject: number): void {
  if (reference !== subject) throw new Error(`${reference} results by the reference, ${subject} by the engine`);
}
