import { type Codec, type KeyedCoProcessFunction, state, TIME_LIMIT } from "millrace";
import { type Airport, airport, type Located } from "./types.ts";

/**
 * Adds the city of its airport to every record. What comes before its airport waits in state, in order. An airport that
 * is in no list would hold its records for ever: they are let go without a city when event time ends.
 */
export function locate<T extends { readonly origin: string }>(waiting: Codec<T>) {
  const declarations = { airport: state.value(airport), waiting: state.list(waiting) };
  const located = (record: T, place: Airport | undefined): Located<T> => ({ ...record, city: place?.city ?? "", region: place?.region ?? "" });
  const fn: KeyedCoProcessFunction<string, T, Airport, Located<T>, typeof declarations> = {
    state: declarations,
    processElement1(record, context, out) {
      const place = context.state.airport.value();
      if (place !== undefined) return out.collect(located(record, place));
      context.state.waiting.add(record);
      context.timers.registerEventTimeTimer(TIME_LIMIT);
    },
    processElement2(place, context, out) {
      context.state.airport.update(place);
      for (const record of context.state.waiting.get()) out.collect(located(record, place));
      context.state.waiting.clear();
      context.timers.deleteEventTimeTimer(TIME_LIMIT);
    },
    onTimer(_timestamp, context, out) {
      for (const record of context.state.waiting.get()) out.collect(located(record, undefined));
      context.state.waiting.clear();
    },
  };
  return fn;
}
