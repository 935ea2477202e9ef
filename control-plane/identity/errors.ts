/** Why an access key cannot be issued, changed or taken back. Nothing was changed. Codes are those of the API. */
export class IdentityError extends Error {
  override readonly name = "IdentityError";
  constructor(
    readonly code:
      | "BadRequestException"
      | "NotFoundException"
      | "ConflictException"
      | "InternalServerErrorException"
      | "LimitExceededException"
      | "ServiceUnavailableException",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
