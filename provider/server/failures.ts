import { status as codes, Metadata, type ServiceError } from "@grpc/grpc-js";
import { Stopped } from "../client/errors.js";
import { PartlyDone } from "../resources/operations.js";
import { any, errors, messages, status } from "./protocol.js";
import { encode } from "./wire.js";

/** What is wrong with properties of a component, each with its path; the engine shows them one by one. */
export class InvalidProperties extends Error {
  constructor(
    message: string,
    readonly properties: readonly { readonly path: string; readonly reason: string }[],
  ) {
    super(message);
  }
}

/** The call cannot be answered by this plugin. */
export class NotImplemented extends Error {}

type Answer = Pick<ServiceError, "code" | "details" | "metadata">;

/** How an error is told to the engine. Structured details travel in gRPC's own trailer for them. */
export function asServiceError(error: unknown): Answer {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof PartlyDone) {
    const detail = new messages.ErrorResourceInitFailed();
    detail.setId(error.id);
    detail.setProperties(encode(error.state));
    detail.setReasonsList([message]);
    return answer(codes.UNKNOWN, message, [detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed"]);
  }
  if (error instanceof InvalidProperties) {
    const detail = new errors.InputPropertiesError();
    for (const { path, reason } of error.properties) {
      const property = new errors.InputPropertiesError.PropertyError();
      property.setPropertyPath(path);
      property.setReason(reason);
      detail.addErrors(property);
    }
    return answer(codes.INVALID_ARGUMENT, message, [
      detail.serializeBinary(),
      "pulumirpc.InputPropertiesError",
    ]);
  }
  if (error instanceof NotImplemented) return answer(codes.UNIMPLEMENTED, message);
  if (isStopped(error)) return answer(codes.CANCELLED, message);
  return answer(codes.UNKNOWN, message);
}

/** Also where the error tells what it was that was stopped. */
const isStopped = (error: unknown): boolean =>
  error instanceof Stopped || (error instanceof Error && error.cause instanceof Stopped);

function answer(code: codes, details: string, detail?: [Uint8Array, string]): Answer {
  const metadata = new Metadata();
  if (detail !== undefined) {
    const [bytes, type] = detail;
    const packed = new any.Any();
    packed.pack(bytes, type);
    const rich = new status.Status();
    rich.setCode(code);
    rich.setMessage(details);
    rich.addDetails(packed);
    metadata.add("grpc-status-details-bin", Buffer.from(rich.serializeBinary()));
  }
  return { code, details, metadata };
}
