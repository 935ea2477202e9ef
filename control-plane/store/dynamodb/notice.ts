import { createHmac, timingSafeEqual } from "node:crypto";

/** Marks a datagram as ours, and its form. */
const MAGIC = Buffer.from("apm1");
const PROOF_BYTES = 16;
export const NOTICE_BYTES = MAGIC.length + 8 + PROOF_BYTES;

/**
 * What a replica tells the others when it has made a change: that there is a revision, and nothing else. Who does not have
 * the key, which is in the table, can make none; one that is sent again tells nothing new.
 */
export function writeNotice(revision: number, key: Buffer): Buffer {
  const notice = Buffer.alloc(NOTICE_BYTES);
  MAGIC.copy(notice);
  notice.writeBigUInt64BE(BigInt(revision), MAGIC.length);
  proofOf(notice, key).copy(notice, NOTICE_BYTES - PROOF_BYTES);
  return notice;
}

/** The revision that a notice tells of; undefined for anything else. */
export function readNotice(notice: Buffer, key: Buffer): number | undefined {
  if (notice.length !== NOTICE_BYTES || !notice.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (!timingSafeEqual(notice.subarray(-PROOF_BYTES), proofOf(notice, key))) return undefined;
  return Number(notice.readBigUInt64BE(MAGIC.length));
}

const proofOf = (notice: Buffer, key: Buffer): Buffer =>
  createHmac("sha256", key)
    .update(notice.subarray(0, NOTICE_BYTES - PROOF_BYTES))
    .digest()
    .subarray(0, PROOF_BYTES);
