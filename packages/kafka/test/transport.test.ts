import { createKafkajsTransport } from "../src/node/kafkajs/kafkajs-transport.ts";
import { testBroker } from "./broker.ts";
import { transportSuite } from "./transport-suite.ts";

const broker = await testBroker();
const [host = "", port = "0"] = broker?.bootstrap.split(":") ?? [];
transportSuite("kafkajs", createKafkajsTransport, broker === undefined ? undefined : { host, port: Number(port) });
