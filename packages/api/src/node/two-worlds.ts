/**
 * Runs synchronous code twice, the second time with another clock and other random numbers, so that results differ if
 * they depend on either. Two plain runs would mostly fall into one millisecond.
 */
export function inTwoWorlds<R>(run: () => R): readonly [R, R] {
  const RealDate = globalThis.Date;
  const realRandom = Math.random;
  const drawn: number[] = [];
  Math.random = () => {
    const value = realRandom();
    drawn.push(value);
    return value;
  };
  try {
    const first = run();
    // Half a turn away from what the first run drew: it lands on the other side of a coin.
    Math.random = () => ((drawn.shift() ?? realRandom()) + 0.5) % 1;
    globalThis.Date = shiftedDate(RealDate);
    return [first, run()];
  } finally {
    globalThis.Date = RealDate;
    Math.random = realRandom;
  }
}

/** So far ahead that year, month, weekday, hour, minute and second are all others. */
const SHIFT_MS = ((400 * 24 + 7) * 60 + 13) * 60_000 + 11_111;

/** The Date constructor whose present is not ours; given dates are what they are. */
function shiftedDate(RealDate: DateConstructor): DateConstructor {
  const now = (): number => RealDate.now() + SHIFT_MS;
  return new Proxy(RealDate, {
    apply: () => new RealDate(now()).toString(),
    construct: (target, values, newTarget) => Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
    get: (target, name, receiver) => (name === "now" ? now : Reflect.get(target, name, receiver)),
  });
}
