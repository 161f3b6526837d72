/** A real Kafka broker on loopback, from Maven Central jars: for tests, benches and trying things out. */
export { fetchJars, type JarOptions, missingTool } from "./jars.ts";
export { type LocalBroker, type LocalBrokerOptions, startLocalBroker } from "./local-broker.ts";
