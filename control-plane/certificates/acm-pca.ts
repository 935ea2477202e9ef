import { Sha256 } from "@aws-crypto/sha256-js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";

export interface PrivateCaOptions {
  readonly region: string;
  /** Of the authority: its partition has a domain of its own. */
  readonly arn: string;
  /** URL of another endpoint than AWS's own. */
  readonly endpoint?: string | undefined;
}

/**
 * AWS Private CA. The three questions that are asked of it are not worth a client of a hundred classes; what finds
 * credentials is that of AWS's SDK, which is loaded with the first one.
 */
export class PrivateCa {
  readonly #endpoint: string;
  #signer: Promise<SignatureV4> | undefined;

  constructor(private readonly options: PrivateCaOptions) {
    const { region, arn, endpoint } = options;
    const domain = arn.startsWith("arn:aws-cn:") ? "amazonaws.com.cn" : "amazonaws.com";
    this.#endpoint = endpoint ?? `https://acm-pca.${region}.${domain}`;
  }

  /** Rejects with an error of the service's name for it. */
  async ask<T extends object>(action: string, input: object, signal: AbortSignal): Promise<T> {
    const { host, hostname, port, pathname, protocol, href } = new URL(this.#endpoint);
    this.#signer ??= this.#makeSigner();
    const { headers, body } = await (await this.#signer).sign(
      new HttpRequest({
        method: "POST",
        protocol,
        hostname,
        ...(port === "" ? {} : { port: Number(port) }),
        path: pathname,
        headers: {
          host,
          "content-type": "application/x-amz-json-1.1",
          "x-amz-target": `ACMPrivateCA.${action}`,
        },
        body: JSON.stringify(input),
      }),
    );
    const answer = await fetch(href, { method: "POST", headers, body, signal }).catch((error) => {
      // fetch itself says no more than that it failed.
      throw error.cause ?? error;
    });
    const text = await answer.text();
    if (answer.ok) return JSON.parse(text);
    throw refusal(answer.status, text);
  }

  async #makeSigner(): Promise<SignatureV4> {
    const { region } = this.options;
    const { ACMClient } = await import("@aws-sdk/client-acm");
    const { credentials } = new ACMClient({ region }).config;
    return new SignatureV4({ service: "acm-pca", region, credentials, sha256: Sha256 });
  }
}

function refusal(status: number, text: string): Error {
  let told: { readonly __type?: string; readonly message?: string; readonly Message?: string } = {};
  try {
    told = JSON.parse(text);
  } catch {
    // Not the service itself, but something in between.
  }
  const error = new Error(told.message ?? told.Message ?? `status ${status}`);
  error.name = told.__type?.split("#").at(-1) ?? `HTTP ${status}`;
  return error;
}
