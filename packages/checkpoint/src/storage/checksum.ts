import { crc32 } from "node:zlib";

/** A CRC-32 (ISO 3309, as in gzip) that is built up chunk by chunk. Native: about 3 GB/s. */
export class Checksum {
  #value = 0;

  add(bytes: Uint8Array): void {
    this.#value = crc32(bytes, this.#value);
  }

  /** 8 hexadecimal digits. */
  get hex(): string {
    return this.#value.toString(16).padStart(8, "0");
  }
}

/** The CRC-32 of `bytes`, 8 hexadecimal digits. */
export function checksumOf(bytes: Uint8Array): string {
  const checksum = new Checksum();
  checksum.add(bytes);
  return checksum.hex;
}
