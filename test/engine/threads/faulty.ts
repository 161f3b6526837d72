import { existsSync, writeFileSync } from "node:fs";
import { datagen, defineJob, params, t } from "millrace";
import { fileSink } from "millrace/files";
import { slowed } from "../support.ts";

/** How a worker comes to harm, by name. Each happens once: a file beside the output remembers. */
const harms: Readonly<Record<string, () => void>> = {
  none: () => undefined,
  throw: () => {
    throw new Error("bad record");
  },
  exit: () => process.exit(3),
  // With which Node ends a module that awaits what never comes.
  thirteen: () => process.exit(13),
  uncaught: () => {
    setImmediate(() => {
      throw new Error("out of nowhere");
    });
  },
  nothing: () => {
    setImmediate(() => {
      throw null;
    });
  },
  rejection: () => {
    void Promise.reject(new Error("never caught"));
  },
  memory: () => {
    const kept: number[][] = [];
    for (;;) kept.push(new Array<number>(1_000_000).fill(kept.length));
  },
  endless: () => {
    for (;;);
  },
};

export default defineJob(
  "faulty",
  (env, { out, harm, count, at }) => {
    const happen = (n: number): number => {
      const mark = `${out}.${harm}`;
      if (n === at && !existsSync(mark)) {
        writeFileSync(mark, "");
        console.warn("harm:", harm);
        harms[harm]?.();
      }
      return n;
    };
    env
      .from(datagen({ generate: (n: number) => n, count }), { uid: "numbers" })
      .keyBy((n) => n % 11)
      .reduce((_, b) => b, { uid: "last", codec: t.integer() })
      .map(happen)
      .rebalance()
      .to(slowed(fileSink<number>(out)), { uid: "out" });
  },
  { parameters: { out: params.string(), harm: params.string(), count: params.number({ default: 6_000 }), at: params.number({ default: 4_500 }) } },
);
