import { MillraceError } from "@millrace/core";
import { errorCodes, errorText, isLeaderError } from "../protocol/error-codes.ts";

export function topicRecreated(topic: string): MillraceError {
  return new MillraceError(
    "KAFKA_TOPIC_RECREATED",
    `topic ${topic} was deleted and made again since this job read it first: its positions mean other records now`,
    {
      hint: "begin anew with --fresh, or give the source another uid",
      where: { position: topic },
    },
  );
}

export function offsetOutOfRange(id: string, offset: number, from: number, to: number): MillraceError {
  return new MillraceError("KAFKA_OFFSET_OUT_OF_RANGE", `${id} is to be read from offset ${offset}, but its log goes from ${from} to ${to}`, {
    hint: 'records were deleted (retention) or lost before they were read; onOffsetOutOfRange: "earliest" or "latest" goes on there and loses them',
    where: { position: `${id}@${offset}` },
  });
}

export function fetchRefused(id: string, offset: number, code: number): MillraceError {
  return new MillraceError("KAFKA_FETCH", `the broker does not give records of ${id} from offset ${offset}: ${errorText(code)}`, {
    where: { position: `${id}@${offset}` },
  });
}

export function unreadFor(id: string, forMs: number, why: string): MillraceError {
  return new MillraceError("KAFKA_UNREACHABLE", `${id} could not be read for ${Math.round(forMs / 1000)} s, last: ${why}`, {
    hint: "check that its broker runs and can be reached at its advertised address; unavailableMs says how long is tried",
    where: { position: id },
  });
}

/** The partition is elsewhere, or the broker has a trouble that it has no name for, as with its tiered storage. */
export function isPassingFetch(code: number): boolean {
  const { unknownServerError, unknownTopicId, inconsistentTopicId } = errorCodes;
  return code === unknownServerError || code === unknownTopicId || code === inconsistentTopicId || isLeaderError(code);
}
