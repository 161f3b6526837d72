import type { Api } from "./api.ts";

export interface ConfigsOfBroker {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly values: ReadonlyMap<string, string | null>;
}

/** Some of a broker's settings. */
export const describeBrokerConfigs: Api<{ readonly nodeId: number; readonly names: readonly string[] }, ConfigsOfBroker> = {
  name: "DescribeConfigs",
  key: 32,
  version: 2,
  flexible: false,
  write(writer, { nodeId, names }) {
    const brokerResource = 4;
    writer
      .array([nodeId], (id) => {
        writer.int8(brokerResource).string(String(id));
        writer.array(names, (name) => writer.string(name));
      })
      .boolean(false);
  },
  read(reader) {
    reader.int32();
    const results = reader.array((): ConfigsOfBroker => {
      const errorCode = reader.int16();
      const errorMessage = reader.nullableString();
      reader.int8();
      reader.string();
      const values = new Map<string, string | null>();
      reader.array(() => {
        values.set(reader.string(), reader.nullableString());
        reader.boolean();
        reader.int8();
        reader.boolean();
        reader.array(() => [reader.string(), reader.nullableString(), reader.int8()]);
      });
      return { errorCode, errorMessage, values };
    });
    return results[0] ?? { errorCode: 0, errorMessage: null, values: new Map() };
  },
};

export interface NewTopic {
  readonly name: string;
  /** −1: the broker's default. */
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly configs: Readonly<Record<string, string>>;
}

export const createTopic: Api<NewTopic & { readonly timeoutMs: number }, { readonly errorCode: number; readonly errorMessage: string | null }> = {
  name: "CreateTopics",
  key: 19,
  version: 4,
  flexible: false,
  write(writer, request) {
    writer
      .array([request], ({ name, partitions, replicationFactor, configs }) => {
        writer.string(name).int32(partitions).int16(replicationFactor).int32(0);
        writer.array(Object.entries(configs), ([key, value]) => writer.string(key).string(value));
      })
      .int32(request.timeoutMs)
      .boolean(false);
  },
  read(reader) {
    reader.int32();
    const results = reader.array(() => {
      reader.string();
      return { errorCode: reader.int16(), errorMessage: reader.nullableString() };
    });
    return results[0] ?? { errorCode: -1, errorMessage: "no answer for the topic" };
  },
};
