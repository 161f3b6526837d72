import { nodePorts } from "@millrace/core/node";
import { sinkSuite } from "@millrace/testkit/suites";
import { discard } from "./discard.ts";

sinkSuite("discard", async () => ({
  guarantee: "none",
  sink: discard<number>(),
  ports: () => nodePorts,
  kill: async () => {},
  visible: async () => [],
  valueOf: (index) => index,
}));
