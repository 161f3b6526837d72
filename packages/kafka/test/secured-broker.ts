import { execFileSync } from "node:child_process";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { KafkaClient } from "../src/client/kafka-client.ts";
import type { KafkaCluster } from "../src/index.ts";
import type { LocalBrokerOptions } from "../src/node/local-broker/index.ts";
import type { Api } from "../src/protocol/api.ts";

/** Connections authenticated with PLAIN are cut after so long, as brokers do when `connections.max.reauth.ms` is set. */
export const reauthenticateMs = 1_500;

const keyStorePassword = "changeit";

/** A certificate for 127.0.0.1 that only its maker trusts: the key store that a broker takes, and the certificate in PEM. */
export function makeCertificate(): { readonly keyStore: string; readonly pem: string } {
  const folder = mkdtempSync(join(tmpdir(), "millrace-certificate-"));
  const keyStore = join(folder, "broker.p12");
  const common = ["-keystore", keyStore, "-storetype", "PKCS12", "-storepass", keyStorePassword, "-alias", "broker"];
  const made = ["-genkeypair", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=broker", "-ext", "SAN=IP:127.0.0.1", "-validity", "2"];
  execFileSync("keytool", [...made, ...common], { stdio: "ignore" });
  execFileSync("keytool", ["-exportcert", "-rfc", "-file", join(folder, "broker.pem"), ...common], { stdio: "ignore" });
  return { keyStore, pem: readFileSync(join(folder, "broker.pem"), "utf8") };
}

/**
 * A broker with a listener that asks for SASL and one that asks for TLS, beside the plain one, whose users may do
 * everything; the others may do what an ACL allows.
 */
export function securedBroker(keyStore: string): LocalBrokerOptions {
  const modules = "org.apache.kafka.common.security";
  const sasl = "listener.name.sasl_plaintext";
  const unsecured = `${modules}.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler`;
  return {
    listeners: ["SASL_PLAINTEXT", "SSL"],
    settings: {
      "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
      [`${sasl}.plain.sasl.jaas.config`]: `${modules}.plain.PlainLoginModule required user_admin="admin-secret" user_alice="alice-secret";`,
      [`${sasl}.plain.connections.max.reauth.ms`]: reauthenticateMs,
      [`${sasl}.scram-sha-256.sasl.jaas.config`]: `${modules}.scram.ScramLoginModule required;`,
      [`${sasl}.scram-sha-512.sasl.jaas.config`]: `${modules}.scram.ScramLoginModule required;`,
      [`${sasl}.oauthbearer.sasl.jaas.config`]: `${modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="admin";`,
      [`${sasl}.oauthbearer.sasl.server.callback.handler.class`]: unsecured,
      "ssl.keystore.location": keyStore,
      "ssl.keystore.type": "PKCS12",
      "ssl.keystore.password": keyStorePassword,
      "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
      "super.users": "User:admin;User:ANONYMOUS",
    },
  };
}

/** A token that brokers take unless they are told how tokens are signed. */
export function unsecuredToken(subject: string, expiresInMs = 60_000): string {
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = nodePorts.clock.now();
  return `${encoded({ alg: "none" })}.${encoded({ sub: subject, iat: (now - 120_000) / 1000, exp: (now + expiresInMs) / 1000 })}.`;
}

interface ScramUser {
  readonly name: string;
  readonly salt: Buffer;
  readonly saltedPassword: Buffer;
  readonly mechanism: number;
}

const iterations = 4_096;

const alterScramCredentials: Api<readonly ScramUser[], readonly number[]> = {
  name: "AlterUserScramCredentials",
  key: 51,
  version: 0,
  flexible: true,
  write(writer, users) {
    writer.compactArray([], () => undefined);
    writer.compactArray(users, ({ name, mechanism, salt, saltedPassword }) => {
      writer.compactString(name).int8(mechanism).int32(iterations);
      for (const bytes of [salt, saltedPassword]) writer.varuint(bytes.length + 1).bytes(bytes);
      writer.noTags();
    });
    writer.noTags();
  },
  read(reader) {
    reader.int32();
    return reader.compactArray(() => {
      reader.compactString();
      const code = reader.int16();
      reader.nullableCompactString();
      reader.tags();
      return code;
    });
  },
};

/** Makes a user for both SCRAM mechanisms. */
export async function addScramUser(cluster: KafkaCluster, name: string, password: string): Promise<void> {
  const client = new KafkaClient(cluster, nodePorts);
  await client.metadata([]);
  const [node] = client.nodes;
  if (node === undefined) throw new Error("the cluster has no broker");
  const users = (["sha256", "sha512"] as const).map((hash, index) => {
    const salt = randomBytes(16);
    return { name, salt, saltedPassword: pbkdf2Sync(password, salt, iterations, hash === "sha256" ? 32 : 64, hash), mechanism: index + 1 };
  });
  // One answer for a user, so one request for a mechanism.
  for (const user of users) {
    const codes = await client.call(node, alterScramCredentials, [user]);
    if (codes.some((code) => code !== 0)) throw new Error(`the broker refuses the user: ${codes}`);
  }
  await client.close();
}
