/** The broker's error codes that this client treats by name; source: Kafka's `Errors.java`. */
const errorNames: { readonly [code: number]: string } = {
  [-1]: "UNKNOWN_SERVER_ERROR",
  0: "NONE",
  1: "OFFSET_OUT_OF_RANGE",
  2: "CORRUPT_MESSAGE",
  3: "UNKNOWN_TOPIC_OR_PARTITION",
  5: "LEADER_NOT_AVAILABLE",
  6: "NOT_LEADER_OR_FOLLOWER",
  7: "REQUEST_TIMED_OUT",
  8: "BROKER_NOT_AVAILABLE",
  9: "REPLICA_NOT_AVAILABLE",
  10: "MESSAGE_TOO_LARGE",
  13: "NETWORK_EXCEPTION",
  14: "COORDINATOR_LOAD_IN_PROGRESS",
  15: "COORDINATOR_NOT_AVAILABLE",
  16: "NOT_COORDINATOR",
  17: "INVALID_TOPIC_EXCEPTION",
  18: "RECORD_LIST_TOO_LARGE",
  19: "NOT_ENOUGH_REPLICAS",
  20: "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
  29: "TOPIC_AUTHORIZATION_FAILED",
  30: "GROUP_AUTHORIZATION_FAILED",
  31: "CLUSTER_AUTHORIZATION_FAILED",
  32: "INVALID_TIMESTAMP",
  33: "UNSUPPORTED_SASL_MECHANISM",
  34: "ILLEGAL_SASL_STATE",
  35: "UNSUPPORTED_VERSION",
  36: "TOPIC_ALREADY_EXISTS",
  41: "NOT_CONTROLLER",
  45: "OUT_OF_ORDER_SEQUENCE_NUMBER",
  46: "DUPLICATE_SEQUENCE_NUMBER",
  47: "INVALID_PRODUCER_EPOCH",
  48: "INVALID_TXN_STATE",
  49: "INVALID_PRODUCER_ID_MAPPING",
  50: "INVALID_TRANSACTION_TIMEOUT",
  51: "CONCURRENT_TRANSACTIONS",
  52: "TRANSACTION_COORDINATOR_FENCED",
  53: "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
  55: "OPERATION_NOT_ATTEMPTED",
  56: "KAFKA_STORAGE_ERROR",
  58: "SASL_AUTHENTICATION_FAILED",
  59: "UNKNOWN_PRODUCER_ID",
  70: "FETCH_SESSION_ID_NOT_FOUND",
  71: "INVALID_FETCH_SESSION_EPOCH",
  74: "FENCED_LEADER_EPOCH",
  75: "UNKNOWN_LEADER_EPOCH",
  76: "UNSUPPORTED_COMPRESSION_TYPE",
  78: "OFFSET_NOT_AVAILABLE",
  87: "INVALID_RECORD",
  90: "PRODUCER_FENCED",
  100: "UNKNOWN_TOPIC_ID",
  103: "INCONSISTENT_TOPIC_ID",
  105: "TRANSACTIONAL_ID_NOT_FOUND",
  106: "FETCH_SESSION_TOPIC_ID_ERROR",
  120: "TRANSACTION_ABORTABLE",
};

export const errorCodes = {
  unknownServerError: -1,
  none: 0,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  messageTooLarge: 10,
  topicAuthorizationFailed: 29,
  groupAuthorizationFailed: 30,
  clusterAuthorizationFailed: 31,
  invalidTimestamp: 32,
  unsupportedSaslMechanism: 33,
  illegalSaslState: 34,
  unsupportedVersion: 35,
  topicAlreadyExists: 36,
  outOfOrderSequenceNumber: 45,
  duplicateSequenceNumber: 46,
  invalidProducerEpoch: 47,
  invalidTxnState: 48,
  invalidProducerIdMapping: 49,
  invalidTransactionTimeout: 50,
  transactionalIdAuthorizationFailed: 53,
  operationNotAttempted: 55,
  saslAuthenticationFailed: 58,
  unknownProducerId: 59,
  fetchSessionIdNotFound: 70,
  invalidFetchSessionEpoch: 71,
  invalidRecord: 87,
  producerFenced: 90,
  unknownTopicId: 100,
  inconsistentTopicId: 103,
  transactionalIdNotFound: 105,
  fetchSessionTopicIdError: 106,
} as const;

/** "NAME (code)", for messages. */
export function errorText(code: number): string {
  return `${errorNames[code] ?? "an error unknown to this client"} (${code})`;
}

/** The partition's leader is elsewhere or not ready: look for it again. */
export function isLeaderError(code: number): boolean {
  return (
    code === 3 || code === 5 || code === 6 || code === 8 || code === 9 || code === 13 || code === 56 || code === 74 || code === 75 || code === 78
  );
}

/** The coordinator is elsewhere, loading, or still busy with the transaction before: ask again. */
export function isCoordinatorError(code: number): boolean {
  return code === 7 || code === 13 || code === 14 || code === 15 || code === 16 || code === 51;
}

/** The same request may succeed later without anything being done about it. */
export function isPassing(code: number): boolean {
  return isLeaderError(code) || isCoordinatorError(code) || code === 19 || code === 20 || code === 41;
}

export function isDenied(code: number): boolean {
  return code === 29 || code === 30 || code === 31 || code === 53;
}
