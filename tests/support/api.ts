// The App Mesh API in this process, on a mesh of its own: for tests that make more calls than sockets are good for.
import { createApi } from "@pulumi-appmesh/control-plane/api/server.js";
import { Diagnosis } from "@pulumi-appmesh/control-plane/diagnostics/diagnosis.js";
import {
  ACCOUNT,
  type Harness,
  meshHarness,
  REGION,
} from "@pulumi-appmesh/control-plane/mesh/harness.test.support.js";
import { translate } from "@pulumi-appmesh/control-plane/translate/translate.js";
import { pino } from "pino";

export { ACCOUNT, REGION } from "@pulumi-appmesh/control-plane/mesh/harness.test.support.js";

export interface Answer {
  readonly status: number;
  /** App Mesh's error code; undefined for a good answer. */
  readonly error: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every kind.
  readonly body: any;
  /** As it came. */
  readonly text: string;
}

export interface Api {
  readonly app: ReturnType<typeof createApi>;
  readonly mesh: Harness;
  /** Where something was given as text it is the body as it is, else JSON. */
  call(method: "GET" | "PUT" | "DELETE", url: string, body?: unknown): Promise<Answer>;
  close(): Promise<void>;
}

export async function startApi(): Promise<Api> {
  const mesh = await meshHarness();
  const diagnosis = new Diagnosis({ state: mesh.state, source: mesh.state, translate });
  const app = createApi({
    ...mesh,
    diagnosis,
    status: { unready: () => undefined, proxies: () => [] },
    account: ACCOUNT,
    region: REGION,
    accessKeys: undefined,
    log: pino({ level: "silent" }),
  });
  return {
    app,
    mesh,
    call: async (method, url, body) => {
      const response = await app.inject({
        method,
        url,
        headers: { host: "localhost" },
        ...(body !== undefined && { payload: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const error = response.headers["x-amzn-errortype"] as string | undefined;
      return { status: response.statusCode, error, body: response.json(), text: response.body };
    },
    close: async () => {
      await app.close();
      diagnosis.close();
      await mesh.close();
    },
  };
}
