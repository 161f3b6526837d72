import { runAsyncCase } from "./async-kind.ts";
import { runBroadcastCase } from "./broadcast-kind.ts";
import type { CaseResult, SemanticsCase } from "./case.ts";
import { runCepCase } from "./cep-kind.ts";
import { runCoProcessCase } from "./co-process-kind.ts";
import { runIntervalJoinCase } from "./interval-join-kind.ts";
import { runKeyGroupCase } from "./key-group-kind.ts";
import { runMultiplexerCase } from "./multiplexer-kind.ts";
import { runProcessCase } from "./process-kind.ts";
import { runRepartitionCase } from "./repartition-kind.ts";
import { runTemporalJoinCase } from "./temporal-join-kind.ts";
import { runTtlCase } from "./ttl-kind.ts";
import { runValveCase } from "./valve-kind.ts";
import type { Variation } from "./variation.ts";
import { runWatermarkGeneratorCase } from "./watermark-generator-kind.ts";
import { runWatermarkOperatorCase } from "./watermark-operator-kind.ts";
import { runWindowJoinCase } from "./window-join-kind.ts";
import { runWindowCase } from "./window-kind.ts";

/** Runs one case. A program that is refused or fails is an `error` entry of the output, never a throw. */
export type KindRunner = (recorded: SemanticsCase, variation: Variation) => Promise<CaseResult>;

/** The kinds that are built. A kind that is not here is reported as skipped. */
export const kindRunners: Readonly<Record<string, KindRunner>> = {
  async: runAsyncCase,
  broadcast: runBroadcastCase,
  cep: runCepCase,
  coProcess: runCoProcessCase,
  intervalJoin: runIntervalJoinCase,
  keyGroup: runKeyGroupCase,
  multiplexer: runMultiplexerCase,
  process: runProcessCase,
  repartition: runRepartitionCase,
  temporalJoin: runTemporalJoinCase,
  ttl: runTtlCase,
  valve: runValveCase,
  watermarkGenerator: runWatermarkGeneratorCase,
  watermarkOperator: runWatermarkOperatorCase,
  window: runWindowCase,
  windowJoin: runWindowJoinCase,
};
