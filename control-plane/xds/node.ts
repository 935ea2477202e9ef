import { isIP } from "node:net";
import type { Interception, Proxy } from "../translate/entities.js";
import type { RequestNode } from "./request.js";
import { Refusal } from "./transport.js";

const idPattern =
  /^(?:arn:aws[a-z-]*:appmesh:[a-z0-9-]*:(?<account>\d{12}):)?mesh\/(?<mesh>[^/]+?)(?:@(?<owner>\d{12}))?\/(?<kind>virtualNode|virtualGateway)\/(?<name>[^/]+)$/;

/** An ARN with the longest names that App Mesh allows is shorter. */
const maxIdLength = 1024;

/** What a proxy says of itself. Throws a Refusal that says what is wrong with it. */
export function proxyOf(node: RequestNode): Proxy {
  if (node.id === "") {
    throw Refusal.invalid(
      "node.id is missing: give the proxy's virtual node or gateway, as mesh/MESH/virtualNode/NAME, in Envoy's bootstrap",
    );
  }
  const found = node.id.length > maxIdLength ? undefined : idPattern.exec(node.id)?.groups;
  if (found === undefined) {
    throw Refusal.invalid(
      `node.id ${JSON.stringify(node.id.slice(0, maxIdLength))} names no virtual node or gateway: it must be mesh/MESH[@OWNER]/virtualNode/NAME, ` +
        "mesh/MESH[@OWNER]/virtualGateway/NAME, or the ARN of one",
    );
  }
  const meshOwner = found.owner ?? found.account;
  return {
    ...(meshOwner === undefined ? {} : { meshOwner }),
    meshName: found.mesh as string,
    kind: found.kind as Proxy["kind"],
    name: found.name as string,
    interception: interceptionOf(node.interception),
  };
}

const path = 'node.metadata["appmesh.interception"]';

function interceptionOf(value: unknown): Interception {
  if (value === undefined || value === null) return { mode: "transparent" };
  if (!isObject(value)) throw Refusal.invalid(`${path} must be an object, such as {mode: "transparent"}`);
  const { mode, address, appPorts = {} } = value;
  if (mode === "transparent") return { mode };
  if (mode !== "explicit") {
    throw Refusal.invalid(`${path}.mode must be "transparent" or "explicit", not ${JSON.stringify(mode)}`);
  }
  if (typeof address !== "string" || isIP(address) === 0) {
    throw Refusal.invalid(
      `${path}.address must be the IP address to listen on, not ${JSON.stringify(address)}`,
    );
  }
  if (!isObject(appPorts)) {
    throw Refusal.invalid(
      `${path}.appPorts must be an object of ports by listener port, not ${JSON.stringify(appPorts)}`,
    );
  }
  const ports: Record<string, number> = {};
  for (const [listenerPort, appPort] of Object.entries(appPorts)) {
    if (listenerPort !== "*" && !(/^\d+$/.test(listenerPort) && isPort(Number(listenerPort)))) {
      throw Refusal.invalid(
        `${path}.appPorts has the member ${JSON.stringify(listenerPort)}, which is neither a listener port (1 to 65535) nor "*"`,
      );
    }
    if (!isPort(appPort)) {
      throw Refusal.invalid(
        `${path}.appPorts["${listenerPort}"] must be a port (1 to 65535), not ${JSON.stringify(appPort)}`,
      );
    }
    ports[listenerPort] = appPort;
  }
  return { mode, address, appPorts: ports };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isPort = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65535;
