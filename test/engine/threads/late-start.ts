import { appendFileSync, existsSync } from "node:fs";
import { datagen, defineJob, discard, params, type Sink } from "millrace";

const TURN_MS = 20;

/** The worker of subtask 1 opens for two seconds without a pause, and says that it lives; that of subtask 0 dies meanwhile. */
function opening(beat: string): Sink<number> {
  const nothing = discard<number>();
  return {
    ...nothing,
    createWriter: (context) => {
      const inner = nothing.createWriter(context);
      const open = async (): Promise<void> => {
        if (context.subtask === 0) {
          while (!existsSync(beat)) await new Promise((resolve) => setTimeout(resolve, TURN_MS));
          process.exit(3);
        }
        const word = new Int32Array(new SharedArrayBuffer(4));
        for (let turn = 0; turn < 100; turn++) {
          Atomics.wait(word, 0, 0, TURN_MS);
          appendFileSync(beat, `${turn}\n`);
        }
      };
      return {
        open,
        write: (n, timestamp) => inner.write(n, timestamp),
        ready: () => inner.ready(),
        prepare: (checkpointId) => inner.prepare(checkpointId),
        close: () => inner.close(),
      };
    },
  };
}

export default defineJob(
  "late-start",
  (env, { beat }) => {
    env.from(datagen({ generate: (n: number) => n, count: 100 }), { uid: "numbers" }).to(opening(beat), { uid: "out" });
  },
  { parameters: { beat: params.string() } },
);
