import type {
  BroadcastProcessFunction,
  BroadcastStates,
  Collector,
  Key,
  KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  Operator,
  OperatorContext,
  StateDeclarations,
} from "@millrace/contracts";
import { assert, checkReturned, NO_TIMESTAMP } from "@millrace/core";
import { openFunctionScope } from "../process/function-scope.ts";
import { createSideEmitter } from "../process/side-outputs.ts";
import { userFunctionError } from "../process/user-error.ts";
import { BroadcastStore } from "./broadcast-store.ts";

/** What both broadcast operators are told beside their function. */
export interface BroadcastSpec {
  readonly states: BroadcastStates;
  /** Where broadcast elements come from, for errors: the uids of their nodes. */
  readonly origin: string;
}

type AnyFunction = BroadcastProcessFunction<unknown, unknown, unknown, BroadcastStates>;
type AnyKeyedFunction = KeyedBroadcastProcessFunction<Key, unknown, unknown, unknown, BroadcastStates, StateDeclarations>;
type AnyOperator = Operator<unknown, unknown, unknown>;

/** Runs a BroadcastProcessFunction (Flink's CoBroadcastWithNonKeyedOperator): input 0 is any stream, input 1 is broadcast. */
export function createBroadcastProcessOperator(fn: AnyFunction, spec: BroadcastSpec): AnyOperator {
  const store = new BroadcastStore(spec.states);
  let context: OperatorContext<unknown> | undefined;
  let element: Side | undefined;
  let broadcast: Side | undefined;
  return {
    async open(opened) {
      context = opened;
      element = openSide(fn, opened);
      broadcast = openSide(fn, opened);
      const reading = { ...element.context, broadcastState: store.readOnly };
      const writing = { ...broadcast.context, broadcastState: store.writable };
      element.run = (value, out) => fn.processElement(value, reading, out);
      broadcast.run = (value, out) => fn.processBroadcastElement(value, writing, out);
      await fn.open?.({ subtask: opened.subtask, parallelism: opened.parallelism });
    },
    processElement(value, timestamp) {
      assert(context !== undefined && element !== undefined, "a record came before open");
      runSide(element, value, timestamp, { context, key: undefined });
    },
    processElement2(value, timestamp) {
      assert(context !== undefined && broadcast !== undefined, "a record came before open");
      runSide(broadcast, value, timestamp, { context, key: undefined, broadcastFrom: spec.origin });
    },
    ...storeMethods(store),
    close: () => fn.close?.(),
  };
}

/** Runs a KeyedBroadcastProcessFunction (Flink's CoBroadcastWithKeyedOperator): input 0 is keyed, input 1 is broadcast. */
export function createKeyedBroadcastProcessOperator(fn: AnyKeyedFunction, keySelector: (value: unknown) => Key, spec: BroadcastSpec): AnyOperator {
  const store = new BroadcastStore(spec.states);
  let opened: KeyedScope | undefined;
  const scopeOf = (): KeyedScope => {
    assert(opened !== undefined, "the operator is used before open");
    return opened;
  };
  return {
    async open(context) {
      opened = openKeyed(fn, context, store);
      await fn.open?.({ subtask: context.subtask, parallelism: context.parallelism });
    },
    processElement(value, timestamp) {
      const { context, scope, process } = scopeOf();
      let key: Key | undefined;
      try {
        key = keySelector(value);
        scope.enter(key, timestamp);
        checkReturned(process(value));
      } catch (error) {
        throw userFunctionError(error, { context, key });
      }
    },
    processElement2(value, timestamp) {
      const { context, broadcast } = scopeOf();
      runSide(broadcast, value, timestamp, { context, key: undefined, broadcastFrom: spec.origin });
    },
    onWatermark: (watermark) => scopeOf().scope.timers.onWatermark(watermark),
    onProcessingTime: (now) => scopeOf().scope.timers.onProcessingTime(now),
    ...storeMethods(store),
    close: () => fn.close?.(),
  };
}

interface KeyedScope {
  readonly context: OperatorContext<unknown>;
  readonly scope: ReturnType<typeof openFunctionScope<Key, unknown, StateDeclarations>>;
  readonly process: (value: unknown) => void;
  readonly broadcast: Side;
}

function openKeyed(fn: AnyKeyedFunction, context: OperatorContext<unknown>, store: BroadcastStore): KeyedScope {
  const { keyed } = context;
  const { onTimer } = fn;
  const scope = openFunctionScope<Key, unknown, StateDeclarations>(
    {
      ...(fn.state === undefined ? {} : { state: fn.state }),
      ...(fn.sideOutputs === undefined ? {} : { sideOutputs: fn.sideOutputs }),
      ...(onTimer === undefined ? {} : { onTimer: (time, _context, out) => onTimer.call(fn, time, reading, out) }),
    },
    context,
  );
  const reading = { ...scope.context, broadcastState: store.readOnly } as Parameters<NonNullable<typeof onTimer>>[1];
  const broadcast = openSide(fn, context);
  const applyToKeyedState: KeyedBroadcastContext<Key, StateDeclarations, BroadcastStates>["applyToKeyedState"] = (name, visit) => {
    const state = scope.context.state[name] as Parameters<typeof visit>[1];
    keyed.forEachKey(name, () => checkReturned(visit(keyed.currentKey(), state)));
  };
  const writing = { ...broadcast.context, broadcastState: store.writable, applyToKeyedState };
  broadcast.run = (value, out) => fn.processBroadcastElement(value, writing, out);
  return { context, scope, process: (value) => fn.processElement(value, reading, scope.out), broadcast };
}

/** One input of the two, as a function without a key sees it; one set of objects serves all its records. */
interface Side {
  timestamp: number;
  readonly out: Collector<unknown>;
  readonly context: {
    timestamp(): number | undefined;
    currentWatermark(): number;
    currentProcessingTime(): number;
    output(tag: { readonly name: string }, value: unknown): void;
  };
  run: (value: unknown, out: Collector<unknown>) => void;
}

function openSide(fn: Pick<AnyFunction, "sideOutputs">, context: OperatorContext<unknown>): Side {
  const emitSide = createSideEmitter(fn.sideOutputs, context);
  const side: Side = {
    timestamp: NO_TIMESTAMP,
    out: { collect: (value) => context.output.collect(value, side.timestamp) },
    context: {
      timestamp: () => (side.timestamp === NO_TIMESTAMP ? undefined : side.timestamp),
      currentWatermark: () => context.currentWatermark(),
      currentProcessingTime: () => context.now(),
      output: (tag, value) => emitSide(tag, value, side.timestamp),
    },
    run: () => assert(false, "a side is bound to its function when it is opened"),
  };
  return side;
}

function runSide(side: Side, value: unknown, timestamp: number, place: Parameters<typeof userFunctionError>[1]): void {
  side.timestamp = timestamp;
  try {
    checkReturned(side.run(value, side.out));
  } catch (error) {
    throw userFunctionError(error, place);
  }
}

function storeMethods(store: BroadcastStore): Pick<AnyOperator, "snapshotState" | "stateMode" | "restoreState"> {
  return { stateMode: "broadcast", snapshotState: () => store.snapshot(), restoreState: (items) => store.restore(items) };
}
