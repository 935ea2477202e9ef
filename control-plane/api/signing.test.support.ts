/** Signs requests as an AWS SDK does, and sends them to an API that is not listening. */
import { Sha256 } from "@aws-crypto/sha256-js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import type { FastifyInstance, InjectOptions } from "fastify";
import type { Credentials } from "../identity/access-keys.js";
import { REGION } from "../mesh/harness.test.support.js";

export interface Answer {
  readonly status: number;
  /** The error's code; undefined for a good answer. */
  readonly type: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every kind.
  readonly body: any;
}

export async function callSigned(
  api: FastifyInstance,
  credentials: Credentials,
  method: string,
  url: string,
  body?: object,
  date = new Date(),
): Promise<Answer> {
  const { pathname, searchParams } = new URL(url, "http://localhost:7070");
  const payload = body && JSON.stringify(body);
  const signer = new SignatureV4({ credentials, region: REGION, service: "appmesh", sha256: Sha256 });
  const { headers } = await signer.sign(
    new HttpRequest({
      method,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { host: "localhost:7070" },
      body: payload,
    }),
    { signingDate: date },
  );
  return callWith(api, method, url, headers, payload);
}

export async function callWith(
  api: FastifyInstance,
  method: string,
  url: string,
  headers: Record<string, string>,
  payload?: string,
): Promise<Answer> {
  const response = await api.inject({
    method: method as NonNullable<InjectOptions["method"]>,
    url,
    headers,
    ...(payload !== undefined && { payload }),
  });
  return {
    status: response.statusCode,
    type: response.headers["x-amzn-errortype"] as string | undefined,
    body: response.json(),
  };
}
