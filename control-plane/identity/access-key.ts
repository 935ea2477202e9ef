import { randomBytes, randomInt } from "node:crypto";
import {
  accountId,
  formatViolation,
  type Infer,
  integer,
  optional,
  type Shape,
  string,
  structure,
  validate,
} from "@pulumi-appmesh/model";
import { IdentityError } from "./errors.js";
import { clientTokenMember } from "./issuing-call.js";
import { formatScope, type Scope, ScopeShape, type ScopeText } from "./scope.js";

/** What is known of an access key, without its secret. Times are seconds since 1970. */
export interface AccessKey {
  readonly accessKeyId: string;
  /** The account that it acts for: that owns what is created with it. */
  readonly account: string;
  readonly scope: Scope;
  readonly description: string;
  readonly createdAt: number;
  readonly expiresAt?: number | undefined;
  readonly revokedAt?: number | undefined;
  /** The key that it takes the place of. */
  readonly replaces?: string | undefined;
  /** The key that takes its place; this one works until `expiresAt`. */
  readonly replacedBy?: string | undefined;
}

/** A key that was just issued: the only time that its secret is told. */
export interface IssuedKey {
  readonly key: AccessKey;
  readonly secretAccessKey: string;
}

/** In the longest case, a key lives for ten years; one that is to live on has no end. */
const LONGEST_LIFE = 10 * 366 * 24 * 60 * 60;
/** How long the key that was replaced works on, unless said otherwise: until the last program has the new one. */
const OVERLAP_SECONDS = 24 * 60 * 60;
const LONGEST_OVERLAP = 90 * 24 * 60 * 60;

const description = optional(
  string({
    minLength: 0,
    maxLength: 256,
    pattern: { regex: /^\P{Cc}*$/u, says: "without control characters" },
  }),
  "For people: who uses the key, and for what. At most 256 characters. Default: empty.",
);

export const CreateAccessKeyInput = structure("CreateAccessKeyInput", "An access key to be issued.", {
  description,
  account: optional(
    accountId,
    "The account that the key acts for: it owns what is created with it. Default: the control plane's.",
  ),
  scope: optional(ScopeShape, "What the key may do. Default: everything."),
  expiresInSeconds: optional(
    integer({ min: 1, max: LONGEST_LIFE }),
    "For how many seconds the key works; at most ten years. Default: until it is revoked.",
  ),
  clientToken: clientTokenMember,
});
export type CreateAccessKeyInput = Infer<typeof CreateAccessKeyInput>;

export const UpdateAccessKeyInput = structure("UpdateAccessKeyInput", "What is changed of a key.", {
  description,
});

export const RotateAccessKeyInput = structure("RotateAccessKeyInput", "How a key is replaced.", {
  overlapSeconds: optional(
    integer({ min: 0, max: LONGEST_OVERLAP }),
    `For how many seconds the old key works on, at most 90 days. Default: ${OVERLAP_SECONDS}, a day.`,
  ),
});

export function createInput(body: unknown): CreateAccessKeyInput {
  return checked(CreateAccessKeyInput, body) as CreateAccessKeyInput;
}

export function overlapOf(body: unknown): number {
  const input = checked(RotateAccessKeyInput, body) as Infer<typeof RotateAccessKeyInput>;
  return input.overlapSeconds ?? OVERLAP_SECONDS;
}

export function descriptionIn(body: unknown): string {
  const { description = "" } = checked(UpdateAccessKeyInput, body) as Infer<typeof UpdateAccessKeyInput>;
  return description;
}

function checked(shape: Shape, body: unknown): unknown {
  const violations = validate(shape, body);
  if (violations.length === 0) return body;
  throw new IdentityError("BadRequestException", violations.map(formatViolation).join(" "));
}

export type KeyStatus = "Active" | "Expired" | "Revoked";

export function statusOf(
  { revokedAt, expiresAt }: Pick<AccessKey, "revokedAt" | "expiresAt">,
  seconds: number,
): KeyStatus {
  if (revokedAt !== undefined) return "Revoked";
  return expiresAt !== undefined && expiresAt <= seconds ? "Expired" : "Active";
}

/** A key as the API tells of it. */
export interface AccessKeyDescription extends Omit<AccessKey, "scope"> {
  readonly scope: ScopeText;
  readonly status: KeyStatus;
}

export const describeKey = (key: AccessKey, seconds: number): AccessKeyDescription => ({
  ...key,
  scope: formatScope(key.scope),
  status: statusOf(key, seconds),
});

/** 20 characters as in AWS, but never one of AWS's. */
export function newAccessKeyId(): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return `APMK${Array.from({ length: 16 }, () => letters[randomInt(letters.length)]).join("")}`;
}

/** 240 random bits in 40 characters, as in AWS, of which none is special to a shell. */
export const newSecretAccessKey = (): string => randomBytes(30).toString("base64url");
