import type { ListState } from "@millrace/contracts";
import type { PagedList } from "../pages/paged-list.ts";

export class PagedListState<V> implements ListState<V> {
  readonly #list: PagedList<V>;

  constructor(list: PagedList<V>) {
    this.#list = list;
  }

  get(): V[] {
    return this.#list.read() ?? [];
  }

  add(value: V): void {
    this.#list.add(value);
  }

  addAll(values: Iterable<V>): void {
    this.#list.addAll([...values]);
  }

  update(values: Iterable<V>): void {
    this.#list.replace([...values]);
  }

  clear(): void {
    this.#list.clear();
  }
}
