import type { ListState } from "@millrace/contracts";
import type { PagedList } from "../pages/paged-list.ts";
import type { Expiry, Timed } from "./timed.ts";

/** Flink's TtlListState: a time per element. Expired elements stay until all are expired, or a refreshing read drops them. */
export class TtlListState<V> implements ListState<V> {
  readonly #list: PagedList<Timed<V>>;
  readonly #expiry: Expiry;

  constructor(list: PagedList<Timed<V>>, expiry: Expiry) {
    this.#list = list;
    this.#expiry = expiry;
  }

  get(): V[] {
    const held = this.#list.read();
    if (held === undefined) return [];
    const fresh = held.filter((timed) => !this.#expiry.isExpired(timed));
    if (fresh.length === 0) this.#list.clear();
    else if (this.#expiry.refreshesOnRead) this.#list.replace(fresh.map((timed) => this.#expiry.stamp(timed.value)));
    return (this.#expiry.returnsExpired ? held : fresh).map((timed) => timed.value);
  }

  add(value: V): void {
    this.#list.add(this.#expiry.stamp(value));
  }

  addAll(values: Iterable<V>): void {
    this.#list.addAll(Array.from(values, (value) => this.#expiry.stamp(value)));
  }

  update(values: Iterable<V>): void {
    this.#list.replace(Array.from(values, (value) => this.#expiry.stamp(value)));
  }

  clear(): void {
    this.#list.clear();
  }
}
