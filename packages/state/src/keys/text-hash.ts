/**
 * A 32-bit hash of all of a text, two units at a time: texts of one kind differ at their beginnings, ends or in between. To be
 * mixed once more where its lower bits are to be as good as its upper ones. Nothing that is written depends on it.
 */
export function textHash(text: string, before: number): number {
  const { length } = text;
  let hash = before ^ length;
  let at = 0;
  for (; at + 1 < length; at += 2) {
    hash = Math.imul(hash ^ text.charCodeAt(at) ^ (text.charCodeAt(at + 1) << 16), 0x85ebca6b);
    // Or else what the upper half says would be shifted out by the steps that follow.
    hash ^= hash >>> 15;
  }
  return at < length ? Math.imul(hash ^ text.charCodeAt(at), 0x85ebca6b) : hash;
}
