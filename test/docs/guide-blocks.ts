/** A fenced block of a guide. */
export interface Block {
  readonly language: string;
  /** What stands behind the language: the file that the block is, e.g. "flights.csv" in "```csv flights.csv". */
  readonly fileName: string | undefined;
  readonly text: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
  /** The text block that follows with nothing but blank lines between: what the block prints. */
  readonly expected: string | undefined;
  /** Said by "```text in any order": sinks of several tasks print to one place, and their lines fall as the tasks take turns. */
  readonly inAnyOrder: boolean;
}

/** The fenced blocks of a Markdown text, in order; a text block that is another's output is no block of its own. */
export function blocksOf(markdown: string): readonly Block[] {
  const lines = markdown.split("\n");
  const blocks: Block[] = [];
  let lastEnd = -1;
  for (let index = 0; index < lines.length; index++) {
    const [, language, anyOrder, fileName] = /^```(\w+)(?: (in any order)| +(\S+))?$/.exec(lines[index] ?? "") ?? [];
    if (language === undefined) continue;
    const end = lines.indexOf("```", index + 1);
    if (end < 0) throw new Error(`the block in line ${index + 1} is not closed`);
    const text = `${lines.slice(index + 1, end).join("\n")}\n`;
    const last = blocks.at(-1);
    const follows = last !== undefined && lastEnd >= 0 && lines.slice(lastEnd + 1, index).every((line) => line.trim() === "");
    const inAnyOrder = anyOrder !== undefined;
    if (language === "text" && follows && last.expected === undefined) blocks[blocks.length - 1] = { ...last, expected: text, inAnyOrder };
    else blocks.push({ language, fileName, text, line: index + 1, expected: undefined, inAnyOrder });
    lastEnd = end;
    index = end;
  }
  return blocks;
}
