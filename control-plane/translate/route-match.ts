import type {
  GrpcRouteMatch,
  GrpcRouteMetadata,
  HttpQueryParameter,
  HttpRouteHeader,
  HttpRouteMatch,
} from "@pulumi-appmesh/model";
import type {
  HeaderMatcherJson,
  QueryParameterMatcherJson,
  RouteMatchJson,
} from "../gen/envoy/config/route/v3/route_components_pb.js";
import { refusal } from "./regex.js";

/** How to say what a match cannot do: where in the match, and why. */
export type Refuse = (path: string, message: string) => void;

export function httpMatch(match: HttpRouteMatch, refuse: Refuse): RouteMatchJson {
  const headers = [
    ...(match.method ? [{ name: ":method", stringMatch: { exact: match.method } }] : []),
    ...(match.scheme ? [{ name: ":scheme", stringMatch: { exact: match.scheme } }] : []),
    ...(match.headers ?? []).map((header, i) => headerMatch(header, `headers[${i}]`, refuse)),
  ];
  const query = (match.queryParameters ?? []).map((parameter, i) =>
    queryMatch(parameter, `queryParameters[${i}]`, refuse),
  );
  return {
    ...pathMatch(match, refuse),
    ...(headers.length > 0 ? { headers } : {}),
    ...(query.length > 0 ? { queryParameters: query } : {}),
  };
}

export function grpcMatch(match: GrpcRouteMatch, refuse: Refuse): RouteMatchJson {
  const headers = (match.metadata ?? []).map((entry, i) => headerMatch(entry, `metadata[${i}]`, refuse));
  return {
    ...(match.serviceName === undefined
      ? { prefix: "/" }
      : match.methodName === undefined
        ? { prefix: `/${match.serviceName}/` }
        : { path: `/${match.serviceName}/${match.methodName}` }),
    grpc: {},
    ...(headers.length > 0 ? { headers } : {}),
  };
}

function pathMatch(match: HttpRouteMatch, refuse: Refuse): RouteMatchJson {
  if (match.path?.exact !== undefined) return { path: match.path.exact };
  if (match.path?.regex !== undefined) return { safeRegex: regex(match.path.regex, "path.regex", refuse) };
  return { prefix: match.prefix ?? "/" };
}

function headerMatch(
  header: HttpRouteHeader | GrpcRouteMetadata,
  path: string,
  refuse: Refuse,
): HeaderMatcherJson {
  const { match } = header;
  return {
    name: header.name,
    ...(match?.exact !== undefined
      ? { stringMatch: { exact: match.exact } }
      : match?.prefix !== undefined
        ? { stringMatch: { prefix: match.prefix } }
        : match?.suffix !== undefined
          ? { stringMatch: { suffix: match.suffix } }
          : match?.regex !== undefined
            ? { stringMatch: { safeRegex: regex(match.regex, `${path}.match.regex`, refuse) } }
            : match?.range !== undefined
              ? { rangeMatch: { start: int64(match.range.start), end: int64(match.range.end) } }
              : { presentMatch: true }),
    ...(header.invert ? { invertMatch: true } : {}),
  };
}

function queryMatch(parameter: HttpQueryParameter, path: string, refuse: Refuse): QueryParameterMatcherJson {
  if (parameter.name.length > 1024) refuse(`${path}.name`, "the name is longer than 1024 characters");
  return {
    name: parameter.name,
    ...(parameter.match?.exact !== undefined
      ? { stringMatch: { exact: parameter.match.exact } }
      : { presentMatch: true }),
  };
}

function regex(expression: string, path: string, refuse: Refuse) {
  const reason = refusal(expression);
  if (reason !== undefined) {
    refuse(path, `${JSON.stringify(expression)} is no regular expression that RE2 takes: ${reason}`);
  }
  return { regex: expression };
}

const int64 = (value: number) => BigInt.asIntN(64, BigInt(Math.trunc(value))).toString();
