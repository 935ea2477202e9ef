// Meshes with a virtual gateway `edge`, and what its proxies are told.
import { entitiesOf, type MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import type { Interception, MeshEntities } from "@pulumi-appmesh/control-plane/translate/entities.js";
import type { ProxyResources } from "@pulumi-appmesh/control-plane/translate/resources.js";
import { translate } from "@pulumi-appmesh/control-plane/translate/translate.js";
import type {
  GatewayRouteSpec,
  GrpcGatewayRouteMatch,
  HttpGatewayRouteMatch,
  HttpGatewayRouteRewrite,
  VirtualGatewayListener,
  VirtualGatewayPortProtocol,
} from "@pulumi-appmesh/model";
import { type Answer, type Call, callAt, http2CallAt } from "../support/http.js";

export const listener = (
  port: number,
  protocol: VirtualGatewayPortProtocol = "http",
  more: Partial<VirtualGatewayListener> = {},
): VirtualGatewayListener => ({ portMapping: { port, protocol }, ...more });

interface To {
  readonly rewrite?: HttpGatewayRouteRewrite;
  /** Of the virtual service. */
  readonly port?: number;
}

const action = (virtualServiceName: string, { rewrite, port }: To) => ({
  target: { virtualService: { virtualServiceName }, ...(port === undefined ? {} : { port }) },
  ...(rewrite === undefined ? {} : { rewrite }),
});

export const httpTo = (service: string, match: HttpGatewayRouteMatch, to: To = {}): GatewayRouteSpec => ({
  httpRoute: { match, action: action(service, to) },
});
export const http2To = (service: string, match: HttpGatewayRouteMatch, to: To = {}): GatewayRouteSpec => ({
  http2Route: { match, action: action(service, to) },
});
export const grpcTo = (service: string, match: GrpcGatewayRouteMatch, to: To = {}): GatewayRouteSpec => ({
  grpcRoute: { match, action: action(service, to) },
});

/** Makes a request by HTTP/1.1 or HTTP/2. */
export async function callBy(
  protocol: "http" | "http2",
  endpoint: string,
  path: string,
  call: Call = {},
): Promise<Answer> {
  if (protocol === "http") return callAt(endpoint, path, call);
  const { host = "x", ...others } = call.headers ?? {};
  const pseudo = { ":method": call.method ?? "GET", ":path": path, ":authority": host };
  const { headers, body } = await http2CallAt(endpoint, { ...pseudo, ...others });
  return { status: Number(headers[":status"]), headers: headers as Answer["headers"], body };
}

/** A mesh of these virtual nodes, each behind a virtual service `<node>.local`, and a gateway `edge` in front. */
export const behindGateway = (
  virtualNodes: NonNullable<MeshDocument["virtualNodes"]>,
  gatewayRoutes: Readonly<Record<string, GatewayRouteSpec>>,
  listeners: readonly VirtualGatewayListener[] = [listener(8088)],
  more: Partial<MeshDocument> = {},
): MeshDocument => ({
  meshName: "shop",
  virtualNodes,
  virtualServices: Object.fromEntries(
    Object.keys(virtualNodes).map((virtualNodeName) => [
      `${virtualNodeName}.local`,
      { provider: { virtualNode: { virtualNodeName } } },
    ]),
  ),
  virtualGateways: { edge: { listeners } },
  gatewayRoutes: { edge: gatewayRoutes },
  ...more,
});

/** What a proxy of the gateway is told; with an address, in explicit interception. `aws` is what AWS knows. */
export const edge = (
  document: MeshDocument,
  address?: string,
  aws: Pick<MeshEntities, "certificate" | "certificateAuthority"> = {},
): ProxyResources => {
  const interception: Interception =
    address === undefined ? { mode: "transparent" } : { mode: "explicit", address, appPorts: {} };
  return translate(
    { ...entitiesOf(document), ...aws },
    {
      meshName: document.meshName,
      kind: "virtualGateway",
      name: "edge",
      interception,
    },
  );
};
