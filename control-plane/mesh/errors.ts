/**
 * The errors of the App Mesh API, by the names that its clients know, and PreconditionFailedException for the
 * preconditions that it did not have.
 */
export type ErrorCode =
  | "BadRequestException"
  | "ConflictException"
  | "ForbiddenException"
  | "InternalServerErrorException"
  | "LimitExceededException"
  | "NotFoundException"
  | "PreconditionFailedException"
  | "ResourceInUseException"
  | "ServiceUnavailableException"
  | "TooManyRequestsException"
  | "TooManyTagsException";

/** An answer that is not the one that was hoped for. Its message is for the caller; nothing has been changed. */
export class MeshError extends Error {
  override readonly name = "MeshError";
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
