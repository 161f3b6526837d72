import type {
  BroadcastProcessFunction,
  BroadcastStates,
  Key,
  KeyedBroadcastProcessFunction,
  MapDeclaration,
  StateDeclarations,
} from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import { createBroadcastProcessOperator, createKeyedBroadcastProcessOperator } from "@millrace/operators";
import type { DataStream } from "./data-stream.ts";
import { type Emits, type NoState, tagNames, timersOf } from "./functions.ts";
import type { StatefulNodeOptions } from "./options.ts";
import { addNode, type KeyedUpstream, typeOf, type Upstream, withExchange } from "./upstream.ts";

/** A stream whose every record goes to every subtask, with the maps that are kept of it there (Flink's BroadcastStream). */
export class BroadcastStream<T, B extends BroadcastStates> {
  readonly upstream: Upstream;
  readonly states: B;
  /** Carries the type of the records; never there. */
  declare readonly record?: T;

  constructor(upstream: Upstream, states: B) {
    checkStates(states);
    this.upstream = withExchange(upstream, "broadcast");
    this.states = states;
  }
}

/** A stream beside a broadcast one (Flink's BroadcastConnectedStream). */
export class BroadcastConnectedStream<T, Broadcast, B extends BroadcastStates> {
  readonly #upstream: Upstream;
  readonly #broadcast: BroadcastStream<Broadcast, B>;

  constructor(upstream: Upstream, broadcast: BroadcastStream<Broadcast, B>) {
    this.#upstream = upstream;
    this.#broadcast = broadcast;
  }

  /** A function that reads broadcast state for the records of the one stream, and changes it for those of the broadcast one. */
  process<Out>(fn: BroadcastProcessFunction<T, Broadcast, Out, B> & Emits<Out>, options: StatefulNodeOptions): DataStream<Out> {
    const { upstream, states } = this.#broadcast;
    const erased = fn as unknown as Parameters<typeof createBroadcastProcessOperator>[0];
    const spec = { states, origin: originOf(upstream) };
    return addNode([this.#upstream, upstream], options, {
      kind: "broadcastProcess",
      called: [fn],
      broadcastStates: states,
      sideOutputs: tagNames(fn.sideOutputs),
      details: { emits: typeOf(fn.emits) },
      body: { kind: "operator", keySelectors: [], create: () => createBroadcastProcessOperator(erased, spec) },
    });
  }
}

/** A keyed stream beside a broadcast one. */
export class KeyedBroadcastConnectedStream<T, K extends Key, Broadcast, B extends BroadcastStates> {
  readonly #keyed: KeyedUpstream;
  readonly #broadcast: BroadcastStream<Broadcast, B>;

  constructor(keyed: KeyedUpstream, broadcast: BroadcastStream<Broadcast, B>) {
    this.#keyed = keyed;
    this.#broadcast = broadcast;
  }

  /** As BroadcastConnectedStream.process, with keyed state and timers; a broadcast element may be applied to the state of all keys. */
  process<Out, S extends StateDeclarations = NoState>(
    fn: KeyedBroadcastProcessFunction<K, T, Broadcast, Out, B, S> & Emits<Out>,
    options: StatefulNodeOptions,
  ): DataStream<Out> {
    const { upstream, keySelector, keyType } = this.#keyed;
    const { states } = this.#broadcast;
    const erased = fn as unknown as Parameters<typeof createKeyedBroadcastProcessOperator>[0];
    const spec = { states, origin: originOf(this.#broadcast.upstream) };
    return addNode([upstream, this.#broadcast.upstream], options, {
      kind: "keyedBroadcastProcess",
      called: [fn],
      states: fn.state ?? {},
      broadcastStates: states,
      timers: timersOf(fn),
      sideOutputs: tagNames(fn.sideOutputs),
      details: { key: keyType, emits: typeOf(fn.emits) },
      body: { kind: "operator", keySelectors: [keySelector], create: () => createKeyedBroadcastProcessOperator(erased, keySelector, spec) },
    });
  }
}

function originOf({ builder, origins }: Upstream): string {
  return origins.map(({ node, output }) => `"${builder.uidOf(node)}${output === "" ? "" : `:${output}`}"`).join(" and ");
}

function checkStates(states: BroadcastStates): void {
  for (const [name, declaration] of Object.entries(states)) {
    const { kind, ttl }: Pick<MapDeclaration<unknown, unknown>, "ttl"> & { readonly kind: string } = declaration;
    if (kind === "map" && ttl === undefined) continue;
    throw new MillraceError(
      "PLAN_BROADCAST_STATE",
      kind === "map" ? `the broadcast state "${name}" has a time to live` : `the broadcast state "${name}" is ${kind} state, not a map`,
      {
        hint: "subtasks would forget at different times: declare state.map(…) without a TTL, and remove entries by a broadcast element",
      },
    );
  }
}
