import type { GatewayRouteSpec } from "../gateway-route.js";
import type { RouteSpec } from "../route.js";
import type { HttpGatewayRoute } from "../routing/http-gateway-route.js";
import type { HttpRouteHeader } from "../routing/matchers.js";
import { quote } from "../show.js";
import type { Cursor } from "./cursor.js";

export function routeRules(spec: Cursor<RouteSpec>): void {
  for (const route of [spec.at("httpRoute"), spec.at("http2Route")]) {
    startsWithSlash(route.at("match").at("prefix"));
    rangesInOrder(route.at("match").at("headers"));
  }
  const grpc = spec.at("grpcRoute").at("match");
  rangesInOrder(grpc.at("metadata"));
  if (grpc.at("methodName").value !== undefined && grpc.at("serviceName").isAbsent) {
    grpc.at("serviceName").report("nothing was given; it is required when methodName is given.");
  }
}

export function gatewayRouteRules(spec: Cursor<GatewayRouteSpec>): void {
  for (const route of [spec.at("httpRoute"), spec.at("http2Route")]) httpGatewayRouteRules(route);
  const grpc = spec.at("grpcRoute").at("match");
  rangesInOrder(grpc.at("metadata"));
  notReserved(grpc.at("serviceName"), /^\/?aws\.app-mesh|^aws\.appmesh$/, "aws.app-mesh* and aws.appmesh");
}

function httpGatewayRouteRules(route: Cursor<HttpGatewayRoute>): void {
  const match = route.at("match");
  startsWithSlash(match.at("prefix"));
  notReserved(match.at("prefix"), /^\/aws-app-?mesh/, "/aws-appmesh* and /aws-app-mesh*");
  rangesInOrder(match.at("headers"));
  const rewrite = route.at("action").at("rewrite");
  startsWithSlash(rewrite.at("prefix").at("value"));
  startsWithSlash(rewrite.at("path").at("exact"));
}

function startsWithSlash(path: Cursor<string>): void {
  if (path.value !== undefined && !path.value.startsWith("/")) {
    path.report(`${quote(path.value)} was given; a path that starts with "/" is allowed.`);
  }
}

/** App Mesh kept some names for itself; a route that takes them would catch the mesh's own traffic. */
function notReserved(name: Cursor<string>, reserved: RegExp, allBut: string): void {
  if (name.value !== undefined && reserved.test(name.value)) {
    name.report(
      `${quote(name.value)} was given; anything but ${allBut} is allowed, which are reserved for App Mesh.`,
    );
  }
}

function rangesInOrder(headers: Cursor<readonly HttpRouteHeader[]>): void {
  for (const header of headers.items()) {
    const range = header.at("match").at("range");
    const start = range.at("start").value;
    const end = range.at("end").value;
    if (start !== undefined && end !== undefined && end <= start) {
      range
        .at("end")
        .report(`${end} was given; an integer of more than ${start} is allowed, the start of the range.`);
    }
  }
}
