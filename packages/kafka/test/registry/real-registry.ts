import { schemaRegistry } from "../../src/formats/registry/index.ts";
import { testRegistry } from "../local-registry.ts";

/** The address of a real one for the tests of the file, undefined without Java. */
export const url = await testRegistry();

/** Remembers what it has asked for, for all tests of the file. */
export const registry = schemaRegistry({ url: url ?? "http://none" });

/** Another process: it remembers nothing. */
export const elsewhere = () => schemaRegistry({ url: url ?? "http://none" });

/** The answer to a request of the registry's own interface. */
export const ask = async (path: string) => (await fetch(`${url}${path}`)).json();
