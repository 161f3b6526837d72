/** `--once`: each side runs once or twice and no figure is judged, which shows that every bench still does its work. */
export const once = process.argv.includes("--once");

export interface Turns {
  /** Left out of the figure. */
  readonly warm: number;
  readonly timed: number;
}

export function turns(warm: number, timed: number): Turns {
  return once ? { warm: 1, timed: 1 } : { warm, timed };
}
