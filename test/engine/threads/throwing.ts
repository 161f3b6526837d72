import { defineJob, discard, NO_TIMESTAMP, params, type Source } from "millrace";

/** Its enumerator throws where `how` says. */
function throwing(how: string): Source<number> {
  return {
    name: "throwing",
    boundedness: "unbounded",
    replayable: true,
    description: {},
    createEnumerator({ assign, noMoreSplits }) {
      return {
        async start() {},
        requestSplit(subtask) {
          if (how === "requestSplit") throw new Error("the enumerator can't deal");
          assign(subtask, [{ id: `s${subtask}` }]);
          noMoreSplits(subtask);
        },
        snapshot: () => {
          if (how === "snapshot") throw new Error("the enumerator has no snapshot");
          return null;
        },
        async close() {},
      };
    },
    createReader: ({ requestSplit }) => {
      let asked = false;
      let split: { readonly id: string } | undefined;
      return {
        addSplits([given]) {
          split = given;
        },
        noMoreSplits() {},
        poll(output) {
          if (split !== undefined) output.collect(split.id, 1, NO_TIMESTAMP);
          if (!asked) {
            asked = true;
            requestSplit();
          }
          return "waiting";
        },
        snapshot: () => (split === undefined ? [] : [split]),
        position: () => undefined,
        async close() {},
      };
    },
  };
}

export default defineJob(
  "throwing",
  (env, { how }) => {
    env.from(throwing(how), { uid: "numbers" }).to(discard(), { uid: "out" });
  },
  { parameters: { how: params.string() } },
);
