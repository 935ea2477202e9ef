import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { Sha256 } from "@aws-crypto/sha256-js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Credentials } from "../identity/access-keys.js";

export interface ApiClientOptions {
  readonly endpoint: string;
  /** The region of the control plane, for which requests are signed. */
  readonly region: string;
  /** Default: requests are not signed. */
  readonly credentials: Credentials | undefined;
  /** PEM: what is trusted instead of the machine's own authorities. */
  readonly ca: string | undefined;
  /** What else there is to do where nothing listens, if there is anything. */
  readonly orElse?: string;
}

/** An answer that is not the one that was hoped for, or none; the message is for the user. */
export class ApiError extends Error {
  override readonly name = "ApiError";
}

const ANSWER_MILLISECONDS = 15_000;

/** Calls a control plane's own API, and gives the JSON that it answers. Throws ApiError. */
export async function callApi(
  { endpoint, region, credentials, ca, orElse }: ApiClientOptions,
  method: string,
  path: string,
  body?: object,
): Promise<object> {
  const url = new URL(endpoint.replace(/\/+$/, "") + path);
  const text = body && JSON.stringify(body);
  const request = new HttpRequest({
    method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, ...(text !== undefined && { "content-type": "application/json" }) },
    body: text,
  });
  const signer = credentials && new SignatureV4({ credentials, region, service: "appmesh", sha256: Sha256 });
  const { headers } = signer ? await signer.sign(request) : request;
  const { status, answer } = await send(
    url,
    { method, headers, ...(ca !== undefined && { ca }) },
    text,
    orElse,
  );
  let json: { message?: string };
  try {
    json = JSON.parse(answer);
  } catch {
    throw new ApiError(`${endpoint} answers ${status}, and not as a control plane does. Is it one?`);
  }
  if (status === 200) return json;
  if (status === 403 && !credentials) {
    throw new ApiError(
      `${endpoint} asks for an access key. Give one in APPMESH_ACCESS_KEY_ID and APPMESH_SECRET_ACCESS_KEY`,
    );
  }
  throw new ApiError(json.message ?? `${endpoint} answers ${status}`);
}

function send(
  url: URL,
  options: https.RequestOptions,
  body: string | undefined,
  orElse: string | undefined,
): Promise<{ status: number; answer: string }> {
  const { request } = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const fail = ({ code, message }: NodeJS.ErrnoException) => {
      const otherwise = code === "ECONNREFUSED" && orElse !== undefined ? `, ${orElse}` : "";
      reject(new ApiError(`${url.origin} cannot be called: ${reasons[code ?? ""] ?? message}${otherwise}`));
    };
    const sent = request(url, { ...options, timeout: ANSWER_MILLISECONDS }, (response) => {
      let answer = "";
      response.setEncoding("utf8").on("data", (chunk) => (answer += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, answer }));
      response.on("error", fail);
    });
    sent.on("timeout", () => sent.destroy(new Error("there is no answer")));
    sent.on("error", fail);
    sent.end(body);
  });
}

const untrusted =
  "its certificate is of no authority that this machine trusts. Give the authority's, by --ca FILE";
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there. Start appmesh serve, or name where it is, by --endpoint URL",
  ECONNRESET: "the connection was cut. Is it http:// where it should be https://?",
  EPROTO: "it does not speak HTTPS. Is it https:// where it should be http://?",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
};

/** PEM from a file. Throws ApiError. */
export function readAuthority(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ApiError(`the authority cannot be read: ${(error as Error).message}`);
  }
}
