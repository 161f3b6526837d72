import { nativeBytes } from "./native-bytes.ts";

/** Up to this many UTF-16 units a loop is quicker than the call into native code, for writing and for reading. */
const WRITE_LOOP_MAX = 16;
const READ_LOOP_MAX = 12;

/**
 * Writes at most 3 bytes per UTF-16 unit at `offset` and returns how many. UTF-8, except that a lone surrogate becomes
 * its own three bytes (WTF-8), so that every JavaScript string survives.
 */
export function writeText(text: string, into: Uint8Array, offset: number): number {
  if (text.length <= WRITE_LOOP_MAX) {
    let index = 0;
    for (; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) break;
      into[offset + index] = unit;
    }
    if (index === text.length) return index;
  }
  const bytes = nativeBytes.utf8Write.call(into, text, offset);
  // As many bytes as units are ASCII; what was written for a lone surrogate is longer, and overwritten.
  return bytes === text.length || text.isWellFormed() ? bytes : writeWobbly(text, into, offset);
}

function writeWobbly(text: string, into: Uint8Array, offset: number): number {
  let at = offset;
  for (let index = 0; index < text.length; index++) {
    const point = text.codePointAt(index) as number;
    if (point < 0x80) {
      into[at++] = point;
    } else if (point < 0x800) {
      into[at++] = 0xc0 | (point >> 6);
      into[at++] = 0x80 | (point & 0x3f);
    } else if (point < 0x10000) {
      into[at++] = 0xe0 | (point >> 12);
      into[at++] = 0x80 | ((point >> 6) & 0x3f);
      into[at++] = 0x80 | (point & 0x3f);
    } else {
      index++;
      into[at++] = 0xf0 | (point >> 18);
      into[at++] = 0x80 | ((point >> 12) & 0x3f);
      into[at++] = 0x80 | ((point >> 6) & 0x3f);
      into[at++] = 0x80 | (point & 0x3f);
    }
  }
  return at - offset;
}

/** Reads what `writeText` wrote to `start`…`end`. The string stands on its own: it holds no other memory alive. */
export function readText(from: Uint8Array, start: number, end: number): string {
  if (end - start <= READ_LOOP_MAX) {
    const text = readAscii(from, start, end);
    if (text !== undefined) return text;
  }
  const text = nativeBytes.utf8Slice.call(from, start, end);
  return text.includes("\ufffd") && hasSurrogateBytes(from, start, end) ? readWobbly(from, start, end) : text;
}

function readAscii(from: Uint8Array, start: number, end: number): string | undefined {
  let text = "";
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const a = from[at] as number;
    const b = from[at + 1] as number;
    const c = from[at + 2] as number;
    const d = from[at + 3] as number;
    if ((a | b | c | d) > 0x7f) return undefined;
    text += String.fromCharCode(a, b, c, d);
  }
  for (; at < end; at++) {
    const unit = from[at] as number;
    if (unit > 0x7f) return undefined;
    text += String.fromCharCode(unit);
  }
  return text;
}

function hasSurrogateBytes(from: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at + 2 < end; at++) {
    if (from[at] === 0xed && (from[at + 1] as number) >= 0xa0) return true;
  }
  return false;
}

/** Native decoding between the lone surrogates. */
function readWobbly(from: Uint8Array, start: number, end: number): string {
  let text = "";
  let plainFrom = start;
  let at = start;
  while (at + 2 < end) {
    if (from[at] !== 0xed || (from[at + 1] as number) < 0xa0) {
      at++;
      continue;
    }
    text += nativeBytes.utf8Slice.call(from, plainFrom, at);
    text += String.fromCharCode(0xd000 | (((from[at + 1] as number) & 0x3f) << 6) | ((from[at + 2] as number) & 0x3f));
    at += 3;
    plainFrom = at;
  }
  return text + nativeBytes.utf8Slice.call(from, plainFrom, end);
}
