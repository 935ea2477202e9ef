import type { GrpcRetryPolicy, HttpRetryPolicy, Path, RouteSpec } from "@pulumi-appmesh/model";
import type { Judge } from "../../rule.js";
import { type RequestRoute, requestRoute, tcpReason } from "../common.js";

/** The route, unless it is one for TCP. */
export function retryable(spec: RouteSpec, judge: Judge<unknown>): RequestRoute | undefined {
  const found = requestRoute(spec);
  if (found === undefined) judge.notApplicable(tcpReason);
  return found;
}

/** The retry policy of a route that has one. */
export function retryPolicy(
  spec: RouteSpec,
  judge: Judge<unknown>,
):
  | (RequestRoute & { readonly policy: HttpRetryPolicy | GrpcRetryPolicy; readonly policyPath: Path })
  | undefined {
  const found = retryable(spec, judge);
  if (found === undefined) return undefined;
  const policy = found.route.retryPolicy;
  if (policy === undefined) {
    judge.notApplicable("it has no retry policy");
    return undefined;
  }
  return { ...found, policy, policyPath: [...found.path, "retryPolicy"] };
}
