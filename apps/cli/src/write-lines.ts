import type { Output } from "./io.ts";

/** Writes texts one by one, waiting whenever the reader falls behind. Ends quietly when the reader goes away (`| head`). */
export async function writeLines(output: Output, texts: AsyncIterable<string>): Promise<void> {
  let gone = false;
  let wake: () => void = () => undefined;
  const onDrain = (): void => wake();
  const onError = (error: NodeJS.ErrnoException): void => {
    gone = error.code === "EPIPE";
    wake();
    if (!gone) throw error;
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
