import type { handleUnaryCall } from "@grpc/grpc-js";
import { asServiceError } from "./failures.js";

/** A handler of a call with one request and one answer; whatever it throws is told to the engine. */
export function unary<Request, Response>(
  handle: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return async (call, callback) => {
    try {
      callback(null, await handle(call.request));
    } catch (error) {
      callback(asServiceError(error), null);
    }
  };
}
