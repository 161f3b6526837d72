import { defineJob, params } from "millrace";
import { fileSink } from "millrace/files";
import { readings } from "../../test/engine/jobs.ts";
import { buildLedger } from "../../test/engine/upgrades/ledger.ts";

/** Every kind of state; version 2 keeps all of it in other forms, and publishes the same. */
export default defineJob(
  "ledger",
  (env, { version, records, out }) => buildLedger(env, version === 1 ? 1 : 2, readings(records, 7), fileSink<string>(out)),
  { parameters: { version: params.number(), records: params.number({ default: 40_000 }), out: params.string() } },
);
