import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { type RegistryAnswer, type RegistryRequest, type RegistryTransport, RegistryUnreachable } from "../../formats/registry/transport.ts";

const contentType = "application/vnd.schemaregistry.v1+json";
const firstPauseMs = 50;
const longestPauseMs = 2_000;

/**
 * Asks a registry over HTTP, one address after the other, again while none of them answers, or one answers that it can't
 * now (408, 429, 5xx). Rejects with RegistryUnreachable after `unavailableMs`.
 */
export const askOverHttp: RegistryTransport = async (request) => {
  const deadline = performance.now() + request.unavailableMs;
  for (let turn = 0, pauseMs = firstPauseMs; ; turn++, pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const base = request.urls[turn % request.urls.length] ?? "";
    let trouble: unknown;
    try {
      const answer = await once(new URL(`${base.replace(/\/$/, "")}${request.path}`), request);
      if (answer.status < 500 && answer.status !== 408 && answer.status !== 429) return answer;
      trouble = new Error(`${base} answers ${answer.status}: ${answer.body.slice(0, 200)}`);
    } catch (error) {
      trouble = error;
    }
    if (performance.now() + pauseMs > deadline) throw new RegistryUnreachable(request, trouble);
    // Another address may answer at once.
    if ((turn + 1) % request.urls.length === 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
};

function once(url: URL, { method, body, authorization, ssl, requestTimeoutMs }: RegistryRequest): Promise<RegistryAnswer> {
  const headers = {
    accept: contentType,
    ...(authorization === undefined ? {} : { authorization }),
    ...(body === undefined ? {} : { "content-type": contentType, "content-length": Buffer.byteLength(body) }),
  };
  return new Promise((resolve, reject) => {
    const options = { method, headers, signal: AbortSignal.timeout(requestTimeoutMs) };
    // Types of `tls` ask for mutable arrays.
    const sent = url.protocol === "https:" ? tlsRequest(url, { ...options, ...(ssl as object) }) : plainRequest(url, options);
    sent.on("error", reject);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }));
    });
    sent.end(body);
  });
}
