/**
 * The native string methods of Buffer, called on any Uint8Array without making a Buffer of it. They are what Buffer's
 * `write` and `toString` end in; calling them directly saves the dispatch on the encoding's name.
 */
interface NativeBytes {
  utf8Write(this: Uint8Array, text: string, offset: number): number;
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  latin1Write(this: Uint8Array, text: string, offset: number): number;
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  ucs2Write(this: Uint8Array, text: string, offset: number): number;
  ucs2Slice(this: Uint8Array, start: number, end: number): string;
}

export const nativeBytes = Buffer.prototype as unknown as NativeBytes;
