import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { IdentityError } from "../identity/errors.js";
import { AuthorityAway } from "../identity/issuer.js";
import { CertificateError } from "../identity/server-certificate.js";
import { type ErrorCode, MeshError } from "../mesh/errors.js";

declare module "fastify" {
  interface FastifyRequest {
    errorCode: string | undefined;
    /** Why the request was not answered as hoped for, for records that its sender does not see. */
    errorReason: string | undefined;
  }
}

/** HTTP's status of each error. */
export const statuses: Readonly<Record<ErrorCode, number>> = {
  BadRequestException: 400,
  ConflictException: 409,
  ForbiddenException: 403,
  InternalServerErrorException: 500,
  LimitExceededException: 400,
  NotFoundException: 404,
  PreconditionFailedException: 412,
  ResourceInUseException: 409,
  ServiceUnavailableException: 503,
  TooManyRequestsException: 429,
  TooManyTagsException: 400,
};

/** When to ask again what could not be done now. AWS's SDKs have their own opinion; others read it. */
const RETRY_SECONDS = 1;

/** An error of the protocol rather than of App Mesh: those that every AWS service has. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** More than the caller is to know, for the log. Default: the message. */
    readonly reason: string = message,
  ) {
    super(message);
  }
}

/** Answers as AWS's REST services do: the code in a header, where SDKs look for it, and the message in the body. */
export function sendError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void {
  const { status, code, message } = known(error, request);
  if (status >= 500 && !(error instanceof ProtocolError)) request.log.error({ err: error }, message);
  request.errorCode = code;
  request.errorReason = error instanceof ProtocolError ? error.reason : message;
  if (status === 503) reply.header("retry-after", RETRY_SECONDS);
  reply.code(status).header("x-amzn-ErrorType", code).type("application/json").send({ message });
}

function known(
  error: FastifyError | Error,
  request: FastifyRequest,
): { status: number; code: string; message: string } {
  if (error instanceof MeshError || error instanceof IdentityError)
    return { status: statuses[error.code], code: error.code, message: error.message };
  // What has the key of an authority, such as AWS KMS, is away, or does not let the control plane sign.
  if (error instanceof AuthorityAway)
    return { status: 503, code: "ServiceUnavailableException", message: error.message };
  if (error instanceof CertificateError)
    return { status: 409, code: "ConflictException", message: error.message };
  if (error instanceof ProtocolError) return error;
  const { statusCode = 500 } = error as Partial<FastifyError>;
  if (statusCode < 500) return badRequest(error.message);
  return {
    status: 500,
    code: "InternalServerErrorException",
    message: `the control plane failed; its log says more under the request id ${request.id}`,
  };
}

const badRequest = (message: string) => ({ status: 400, code: "BadRequestException", message });
