export const INPUT = "/in";
export const OUTPUT = "/out";

/** Where the input file of that index stands. */
export function inputPath(sources: number, index: number): string {
  return `${INPUT}/${sources === 1 ? "" : `${index % sources}-`}${index}.jsonl`;
}

/** What the source of that index reads. */
export function inputPattern(sources: number, source: number): string {
  return `${INPUT}/${sources === 1 ? "" : `${source}-`}*.jsonl`;
}
