/** A running hash over everything that happens in a simulation: two runs of one seed are the same when it is. */
export class Trace {
  #hash = 0x811c9dc5;
  #events = 0;

  add(event: string): void {
    let hash = this.#hash;
    for (let i = 0; i < event.length; i++) hash = Math.imul(hash ^ event.charCodeAt(i), 0x01000193);
    this.#hash = Math.imul(hash ^ 10, 0x01000193) >>> 0;
    this.#events++;
  }

  get events(): number {
    return this.#events;
  }

  /** 8 hexadecimal digits (FNV-1a, 32 bits). */
  get hex(): string {
    return this.#hash.toString(16).padStart(8, "0");
  }
}
