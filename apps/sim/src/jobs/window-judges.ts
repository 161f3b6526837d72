import type { Reading } from "./reading.ts";

/** Lines of tumbling or sliding sums when nothing is late. */
export function fixedWindowSums(name: string, input: readonly Reading[], sizeMs: number, slideMs: number): string[] {
  const sums = new Map<string, number>();
  for (const { sensor, at, value } of input) {
    for (let start = Math.floor(at / slideMs) * slideMs; start > at - sizeMs; start -= slideMs) {
      const place = `${name} ${sensor} ${start} ${start + sizeMs}`;
      sums.set(place, (sums.get(place) ?? 0) + value);
    }
  }
  return [...sums].map(([place, sum]) => `${place} ${sum}`);
}

/** Lines of session sums when nothing is late. */
export function sessionSums(name: string, input: readonly Reading[], gapMs: number): string[] {
  const lines: string[] = [];
  for (const [sensor, ones] of Map.groupBy(input, (one) => one.sensor)) {
    let open: { start: number; end: number; sum: number } | undefined;
    const close = (): void => {
      if (open !== undefined) lines.push(`${name} ${sensor} ${open.start} ${open.end} ${open.sum}`);
    };
    for (const { at, value } of ones.toSorted((a, b) => a.at - b.at)) {
      if (open !== undefined && at <= open.end) {
        open.end = at + gapMs;
        open.sum += value;
      } else {
        close();
        open = { start: at, end: at + gapMs, sum: value };
      }
    }
    close();
  }
  return lines;
}

/** Every reading is in the last firing of its window or aside as late, whatever was late; no window is made anew. */
export function everythingOnceOrLate(input: readonly Reading[], lines: readonly string[], sizeMs: number): string | undefined {
  const missing = new Map<string, number>();
  const placeOf = (sensor: string, at: number): string => `${sensor} ${Math.floor(at / sizeMs) * sizeMs}`;
  const add = (place: string, value: number): void => void missing.set(place, (missing.get(place) ?? 0) + value);
  for (const { sensor, at, value } of input) add(placeOf(sensor, at), value);
  const largest = new Map<string, number>();
  for (const line of lines) {
    const [name, sensor = "", first, second, third] = line.split(" ");
    if (name === "late") add(placeOf(sensor, Number(first)), -Number(second));
    else largest.set(`${sensor} ${first}`, Math.max(largest.get(`${sensor} ${first}`) ?? 0, Number(third)));
    if (name !== "late" && Number(second) - Number(first) !== sizeMs) return `a window of another size: ${line}`;
  }
  for (const [place, sum] of largest) add(place, -sum);
  const wrong = [...missing].find(([, sum]) => sum !== 0);
  return wrong === undefined ? undefined : `late: the window ${wrong[0]} and what was late for it lack ${wrong[1]}`;
}
