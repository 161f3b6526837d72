/**
 * Under which subject a schema stands in the registry, as Confluent's strategies say. topicName: `<topic>-value` or
 * `<topic>-key`; recordName: the record's full name; topicRecordName: `<topic>-<full name>`. Or a function of one's own.
 */
export type SubjectStrategy = "topicName" | "recordName" | "topicRecordName" | ((topic: string, recordName: string) => string);

export type RecordPart = "key" | "value";

export function subjectOf(strategy: SubjectStrategy, topic: string, part: RecordPart, recordName: string): string {
  if (typeof strategy === "function") return strategy(topic, recordName);
  switch (strategy) {
    case "topicName":
      return `${topic}-${part}`;
    case "recordName":
      return recordName;
    case "topicRecordName":
      return `${topic}-${recordName}`;
  }
}
