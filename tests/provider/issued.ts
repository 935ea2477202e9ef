// What a control plane issues, as a program asks for it, and who is admitted by it.
import assert from "node:assert/strict";
import {
  AccessKey,
  type AccessKeyArgs,
  Mesh,
  ProxyIdentity,
  type ProxyIdentityArgs,
  VirtualNode,
} from "@pulumi-appmesh/appmesh";
import { parseEndpoint } from "@pulumi-appmesh/control-plane/endpoint.js";
import { AdsClient } from "../support/ads-client.js";
import type { ControlPlane } from "../support/control-plane.js";
import { until } from "../support/sidecar.js";
import type { Run, Step, TestStack } from "./stack.js";

/** The key of the control plane's environment. */
export const first = {
  accessKeyId: "AKIAOFTHEOPERATOR000",
  secretAccessKey: "of-tests-and-nobody-else-0123456789abcde",
};
/** Proxies are served on loopback over TLS, each that proves who it is. */
export const common = { accessKey: first, args: ["--xds-tls-self-signed", "--trust-domain", "shop.example"] };
const WEB = "mesh/shop/virtualNode/web";
export const HOUR = 60 * 60;

/** What the stack gives out. */
export interface Issued {
  readonly trust: string;
  readonly certificate: string;
  readonly privateKey: string;
  readonly token: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly ids: Readonly<Record<string, string>>;
  readonly renewals: Readonly<Record<string, string>>;
}

export interface Given {
  readonly identity?: Partial<ProxyIdentityArgs>;
  readonly key?: AccessKeyArgs;
}

export const program =
  ({ identity = {}, key = {} }: Given = {}) =>
  async () => {
    const { meshName } = new Mesh("shop", { meshName: "shop" });
    const { virtualNodeName, version } = new VirtualNode("web", {
      meshName,
      virtualNodeName: "web",
      spec: {},
    });
    const proxy = {
      meshName,
      virtualNode: virtualNodeName,
      // Not known before the virtual node is there.
      expiresInSeconds: version.apply((known) => known * HOUR),
      ...identity,
    };
    const certificate = new ProxyIdentity("certificate", proxy);
    const token = new ProxyIdentity("token", { ...proxy, kind: "token" });
    const ci = new AccessKey("ci", {
      description: "CI",
      scope: { meshes: [meshName] },
      expiresInSeconds: HOUR,
      ...key,
    });
    return {
      trust: certificate.trust,
      certificate: certificate.certificate,
      privateKey: certificate.privateKey,
      token: token.token,
      accessKeyId: ci.accessKeyId,
      secretAccessKey: ci.secretAccessKey,
      ids: { certificate: certificate.id, token: token.id, ci: ci.id },
      renewals: { certificate: certificate.renewAt, ci: ci.renewAt },
    };
  };

export const issuedBy = ({ failure, messages, outputs }: Run): Issued => {
  assert.deepEqual([failure !== undefined, messages], [false, []]);
  return outputs as unknown as Issued;
};
export const told = ({ steps }: Run) => steps.map(({ op, name }) => `${op} ${name}`);

/** What is in its last hour but for the first second of it. */
export const near = program({
  identity: { renewBeforeSeconds: HOUR - 1 },
  key: { renewBeforeSeconds: HOUR - 1 },
});

/** Waits until a preview says that all that was issued is replaced, and has it so. */
export async function renew(stack: TestStack): Promise<Run> {
  const isReplaced = ({ op }: Step) => op === "replace";
  await until(async () => (await stack.preview(near)).steps.filter(isReplaced).length === 3);
  return stack.up(near);
}

export const takenBack = {
  code: 16,
  details: "what the proxy has shown has been taken back. Issue it another one, by appmesh identities issue",
};

/** Those who show a control plane what was issued. */
export class Holders {
  constructor(private readonly controlPlane: ControlPlane) {}

  proxy({ trust, certificate, privateKey }: Issued, token?: string): AdsClient {
    const shown =
      token === undefined
        ? { trust, certificate: { certificate, key: privateKey } }
        : { trust, authorization: `Bearer ${token}` };
    const client = new AdsClient(parseEndpoint(this.controlPlane.xds) as never, "incremental", shown);
    client.send({ nodeId: WEB, kind: "clusters" });
    return client;
  }

  async admitted(...shown: Parameters<Holders["proxy"]>): Promise<AdsClient> {
    const client = this.proxy(...shown);
    await client.next();
    return client;
  }

  /** How an API call of the key about a mesh is answered. */
  async status(issued: Issued, mesh: string): Promise<number> {
    return (await this.controlPlane.as(issued)("GET", `/v20190125/meshes/${mesh}`)).status;
  }
}

export async function endOf(client: AdsClient) {
  const { code, details } = await client.ended;
  client.close();
  return { code, details };
}
