import type { Codec } from "@millrace/codec";
import { checkMapKey, mapKeysOf } from "@millrace/contracts";
import type { CellMap } from "../cells/cell-map.ts";
import { type MapHead, PagedMap } from "./paged-map.ts";

/** The map for a codec of keys. */
export function pagedMapOf<K, V>(cells: CellMap<MapHead<K, V>>, keyCodec: Codec<K>, codec: Codec<V>): PagedMap<K, V> {
  return mapKeysOf(keyCodec.type) === "primitive" ? new PagedMap(cells, keyCodec, codec) : new OpenKeysMap(cells, keyCodec, codec);
}

/**
 * A map whose codec writes other keys than primitives, too: each key is looked at, so that the first one that is none is refused, and
 * not the first in a map with pages. A class of its own, so that the others pay nothing for it. What was kept under such keys before
 * they were refused can be walked over and removed.
 */
class OpenKeysMap<K, V> extends PagedMap<K, V> {
  override get(key: K): V | undefined {
    checkMapKey(key);
    return super.get(key);
  }

  override has(key: K): boolean {
    checkMapKey(key);
    return super.has(key);
  }

  override put(key: K, value: V): void {
    checkMapKey(key);
    super.put(key, value);
  }
}
