import { MillraceError } from "@millrace/core";
import type { Api } from "../protocol/api.ts";
import { type ApiVersionsResponse, apiVersions, findCoordinator, metadata } from "../protocol/cluster-apis.ts";
import { errorText } from "../protocol/error-codes.ts";
import { fetch, listOffsets, produce } from "../protocol/record-apis.ts";
import { addPartitionsToTxn, endTxnV1, initProducerId } from "../protocol/transaction-apis.ts";
import type { BrokerAddress } from "../transport/transport.ts";

const needed: readonly Api<never, unknown>[] = [metadata, findCoordinator, listOffsets, fetch, produce, initProducerId, addPartitionsToTxn, endTxnV1];

/** Throws KAFKA_VERSION when the broker lacks a version that this client speaks: before anything is read or written. */
export function checkVersions({ host, port }: BrokerAddress, answer: ApiVersionsResponse): void {
  const hint = "Kafka 3.1 or newer is needed";
  if (answer.errorCode !== 0) {
    throw new MillraceError(
      "KAFKA_VERSION",
      `the broker at ${host}:${port} does not answer ${apiVersions.name} version 3: ${errorText(answer.errorCode)}`,
      { hint },
    );
  }
  const missing = needed.filter(({ key, version }) => {
    const range = answer.versions.get(key);
    return range === undefined || version < range.min || version > range.max;
  });
  if (missing.length === 0) return;
  const names = missing.map(({ name, key, version }) => {
    const range = answer.versions.get(key);
    return `${name} ${version} (it has ${range === undefined ? "none" : `${range.min} to ${range.max}`})`;
  });
  throw new MillraceError("KAFKA_VERSION", `the broker at ${host}:${port} does not have ${names.join(", ")}`, { hint });
}
