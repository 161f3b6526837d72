import type { SaslOptions } from "../../transport/transport.ts";

type OauthBearer = Extract<SaslOptions, { readonly mechanism: "oauthbearer" }>;

interface Exchange {
  saslAuthenticate(message: {
    readonly request: { encode(): Promise<Buffer> };
    readonly response: { decode(bytes: Buffer): Promise<string>; parse(answer: string): Promise<string> };
  }): Promise<unknown>;
}

/** The broker has refused a token. */
class TokenRefused extends Error {
  override readonly name = "KafkaJSSASLAuthenticationError";
}

const separator = "\u0001";
/** In front of the bytes, both ways. */
const lengthBytes = 4;

/**
 * SASL OAUTHBEARER as kafkajs takes it from elsewhere: its own takes a refusal, which comes as an answer like any other
 * (RFC 7628, 3.2.2), for success. A provider that fails is a passing trouble; a token that the broker refuses is none.
 */
export function oauthBearer({ oauthBearerProvider }: OauthBearer) {
  const authenticationProvider = ({ saslAuthenticate }: Exchange) => ({
    async authenticate(): Promise<void> {
      const { value } = await oauthBearerProvider();
      const message = Buffer.from(`n,,${separator}auth=Bearer ${value}${separator}${separator}`);
      const length = Buffer.alloc(lengthBytes);
      length.writeInt32BE(message.length);
      const refusal = await saslAuthenticate({
        request: { encode: async () => Buffer.concat([length, message]) },
        response: { decode: async (bytes) => bytes.toString("utf8", lengthBytes), parse: async (answer) => answer },
      });
      if (refusal !== "") throw new TokenRefused(`the broker refused the token: ${refusal}`);
    },
  });
  return { mechanism: "oauthbearer", authenticationProvider };
}
