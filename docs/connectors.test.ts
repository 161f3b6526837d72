/** The connectors of the guide, against the suites that all connectors are tested with. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { nodePorts } from "@millrace/core/node";
import { sinkSuite, sourceSuite } from "@millrace/testkit/suites";
import type { Sink, Source } from "millrace";
import { afterAll } from "vitest";
import { blocksOf } from "../test/docs/guide-blocks.ts";

const cache = resolve(import.meta.dirname, "..", ".cache");
mkdirSync(cache, { recursive: true });
const directory = mkdtempSync(join(cache, "connectors-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
for (const { fileName, text } of blocksOf(readFileSync(join(import.meta.dirname, "connectors.md"), "utf8"))) {
  if (fileName !== undefined) writeFileSync(join(directory, fileName), text);
}
const { totalsIn } = (await load("sqlite-sink.ts")) as { totalsIn(path: string): Sink<object> };
const { pages } = (await load("pages-source.ts")) as { pages(fetchPage: (cursor: string) => Promise<object>): Source<number> };

let databases = 0;
sinkSuite("the sink of the guide", async () => {
  const path = join(directory, `${databases++}.db`);
  const sink = totalsIn(path);
  return {
    guarantee: sink.guarantee,
    sink,
    ports: () => nodePorts,
    kill: async () => {},
    visible: async () => {
      using database = new DatabaseSync(path);
      return database
        .prepare("SELECT city, sum FROM totals")
        .all()
        .map(({ city, sum }) => ({ city, sum }));
    },
    valueOf: (index) => ({ city: `c${index}`, sum: index }),
  };
});

const numbers = Array.from({ length: 24 }, (_, n) => n);
/** Pages of three, and one without items. */
async function page(cursor: string): Promise<object> {
  const from = Number(cursor);
  if (from === 9.5) return { items: [], next: "9" };
  return { items: numbers.slice(from, from + 3), next: from === 6 ? "9.5" : from + 3 < numbers.length ? String(from + 3) : undefined };
}
sourceSuite("the source of the guide", async () => ({ source: pages(page), ports: nodePorts, expected: numbers }));

function load(name: string): Promise<unknown> {
  return import(pathToFileURL(join(directory, name)).href);
}
