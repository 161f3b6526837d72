import { MillraceError } from "@millrace/core";

/** Methods that are called for a record, a timer or a window; `open`, `close` and a function's own helpers may wait. */
const CALLED = [
  ...["processElement", "processElement1", "processElement2", "processBroadcastElement", "onTimer", "timeout"],
  ...["process", "clear", "processMatch", "processTimedOutMatch"],
  ...["createAccumulator", "add", "getResult", "merge"],
  ...["onElement", "onEventTime", "onProcessingTime", "onMerge", "evictBefore", "evictAfter"],
  ...["ifResult", "ifError", "delayMs"],
];

/**
 * Throws PLAN_ASYNC_FUNCTION where a function that is called for a record is asynchronous, or such a method of an object: context, state and
 * output are another record's when it goes on.
 */
export function refuseAsync(uid: string | undefined, ...given: readonly unknown[]): void {
  for (const one of given) {
    if (typeof one === "function") refuse(uid, one, one.name || "the function");
    else if (typeof one === "object" && one !== null) for (const name of CALLED) refuse(uid, Reflect.get(one, name), name);
  }
}

function refuse(uid: string | undefined, fn: unknown, name: string): void {
  const kind = Object.prototype.toString.call(fn);
  if (kind !== "[object AsyncFunction]" && kind !== "[object AsyncGeneratorFunction]") return;
  throw new MillraceError("PLAN_ASYNC_FUNCTION", `${name} is asynchronous: its record, key and state are others when it goes on`, {
    where: uid === undefined ? {} : { uid },
    hint: "ask in orderedWait(…) or unorderedWait(…), and work with the answer in a function that is done when it returns",
  });
}
