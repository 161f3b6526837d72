/** Lines that were expected and did not come, and lines that came too often; each once, however often. */
export function lineDifference(
  expected: readonly string[],
  found: readonly string[],
): { readonly lost: readonly string[]; readonly extra: readonly string[] } {
  const count = new Map<string, number>();
  for (const line of expected) count.set(line, (count.get(line) ?? 0) + 1);
  for (const line of found) count.set(line, (count.get(line) ?? 0) - 1);
  const where = (wanted: (n: number) => boolean): readonly string[] => [...count].filter(([, n]) => wanted(n)).map(([line]) => line);
  return { lost: where((n) => n > 0), extra: where((n) => n < 0) };
}
