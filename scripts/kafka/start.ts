/** `pnpm kafka:start`: one real Kafka broker on loopback, until Ctrl-C or until this process ends otherwise. */
import { parseArgs } from "node:util";
import { explain } from "@millrace/core";
import { missingTool, startLocalBroker } from "@millrace/kafka/local-broker";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "9092" },
    data: { type: "string" },
    heap: { type: "string", default: "512m" },
    quick: { type: "boolean", default: false },
    set: { type: "string", multiple: true, default: [] },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(`pnpm kafka:start [--port 9092] [--data DIR] [--heap 512m] [--quick] [--set KEY=VALUE]…

Starts one Kafka broker (KRaft, one node) on 127.0.0.1 from Maven Central jars, which are kept in MILLRACE_KAFKA_CACHE
(default ~/.cache/millrace/kafka). Needs java 17, and mvn the first time. Without --data its records go when it stops;
with it they stay. --quick starts faster and serves slower. Ctrl-C stops it.
Example: pnpm kafka:start --port 19092 --data .cache/kafka --set transaction.max.timeout.ms=60000`);
  process.exit(0);
}

const missing = missingTool();
if (missing !== undefined) {
  console.error(`${missing} is not on the PATH; a broker needs Java 17, and Maven the first time`);
  process.exit(1);
}
const settings = Object.fromEntries(values.set.map((item) => item.split(/=(.*)/s).slice(0, 2) as [string, string]));
try {
  const { port, heap, quick, data } = values;
  const broker = await startLocalBroker({ port: Number(port), heap, quick, settings, ...(data === undefined ? {} : { dataDirectory: data }) });
  console.log(`Kafka serves at ${broker.bootstrap} (log: ${broker.logFile}); Ctrl-C stops it`);
  const stop = (): void => {
    broker.stop({ clean: data === undefined }).then(() => process.exit(0));
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  // Nothing else keeps this process alive: the broker must not, where it serves tests.
  setInterval(() => undefined, 2 ** 30);
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}
