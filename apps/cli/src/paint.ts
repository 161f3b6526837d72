import { styleText } from "node:util";
import type { Io, Output } from "./io.ts";

/** Adds colour to text, or leaves it. Widths are counted before painting. */
export type Paint = (style: Style, text: string) => string;

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export const plain: Paint = (_style, text) => text;

export const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false });

/** Colours on a terminal that has not asked for none (https://no-color.org). */
export function paintFor(io: Io, output: Output): Paint {
  const refused = (io.env.NO_COLOR ?? "") !== "" || io.env.TERM === "dumb";
  return output.isTTY === true && !refused ? coloured : plain;
}
