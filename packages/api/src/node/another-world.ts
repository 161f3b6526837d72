/**
 * Runs synchronous code with a clock a year ahead and mirrored random numbers, so that two builds of a job differ if they
 * depend on either. Waiting for the real clock would find such a job only now and then.
 */
export function inAnotherWorld<R>(run: () => R): R {
  const RealDate = globalThis.Date;
  const realRandom = Math.random;
  const now = (): number => RealDate.now() + YEAR_MS;
  globalThis.Date = new Proxy(RealDate, {
    apply: () => new RealDate(now()).toString(),
    construct: (target, values, newTarget) => Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
    get: (target, name, receiver) => (name === "now" ? now : Reflect.get(target, name, receiver)),
  });
  Math.random = () => 1 - 2 ** -53 - realRandom();
  try {
    return run();
  } finally {
    globalThis.Date = RealDate;
    Math.random = realRandom;
  }
}

const YEAR_MS = 365 * 86_400_000;
