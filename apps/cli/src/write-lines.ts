import type { Output } from "./io.ts";

/**
 * Writes texts one by one, waiting whenever the reader falls behind. Ends quietly when the output takes no more: its reader has gone
 * away (`| head`), or the disk is full, which `main` tells of.
 */
export async function writeLines(output: Output, texts: AsyncIterable<string>): Promise<void> {
  let gone = false;
  let wake: () => void = () => undefined;
  const onDrain = (): void => wake();
  const onError = (): void => {
    gone = true;
    wake();
  };
  output.on("drain", onDrain);
  output.on("error", onError);
  try {
    for await (const text of texts) {
      if (gone) return;
      if (output.write(text)) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    output.off("drain", onDrain);
    // An error of the last write comes after it: without a listener it would end the process.
    if (!gone) setImmediate(() => output.off("error", onError));
  }
}
