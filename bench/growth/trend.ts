/** How a figure grows with what its axis counts. */
export type Trend = "flat" | "logarithmic" | "linear" | "unclear";

const FLAT_RATIO = 1.5;
const LOG_FIT_MIN = 0.9;

/**
 * flat: the greatest is within half of the least. Else the better of two least-squares fits, against the count and against
 * its logarithm, if one explains nine tenths of the variance.
 */
export function trendOf(points: readonly (readonly [number, number])[]): Trend {
  const usable = points.filter(([, y]) => Number.isFinite(y));
  if (usable.length < 3) return "unclear";
  const ys = usable.map(([, y]) => y);
  if (Math.max(...ys) <= Math.min(...ys) * FLAT_RATIO) return "flat";
  const linear = explained(usable);
  const logarithmic = explained(usable.map(([x, y]) => [Math.log(x), y]));
  if (Math.max(linear, logarithmic) < LOG_FIT_MIN) return "unclear";
  return linear >= logarithmic ? "linear" : "logarithmic";
}

/** The share of the variance that a straight line explains. */
function explained(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const sxy = points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  const sxx = points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  const syy = points.reduce((sum, [, y]) => sum + (y - my) ** 2, 0);
  return syy === 0 ? 1 : sxy ** 2 / (sxx * syy);
}
