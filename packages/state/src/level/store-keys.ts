/** Where the marker stands: in front of all operators. */
export const markerKey = new TextEncoder().encode("!marker");

/** Greater than every key group, so that an operator's header stands behind its records. */
const META = [0xff, 0xff, 0xff];

/** The keys of an operator begin with its uid: length (2 bytes) and UTF-8, so that none is the beginning of another. */
export function operatorPrefix(uid: string): Uint8Array {
  const text = new TextEncoder().encode(uid);
  const prefix = new Uint8Array(text.length + 2);
  prefix[0] = text.length >> 8;
  prefix[1] = text.length & 0xff;
  prefix.set(text, 2);
  return prefix;
}

/** Where the header of the newest applied file stands. */
export function metaKey(prefix: Uint8Array): Uint8Array {
  return joinedKey(prefix, Uint8Array.from(META));
}

export function joinedKey(prefix: Uint8Array, key: Uint8Array): Uint8Array {
  const joined = new Uint8Array(prefix.length + key.length);
  joined.set(prefix);
  joined.set(key, prefix.length);
  return joined;
}
