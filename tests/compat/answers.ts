import assert from "node:assert/strict";

export const ARN = "arn:aws:appmesh:us-east-1:000000000000:";

/** An entity as its operations give it. Its uid and its times are what they are, and are looked at for themselves. */
export function entity(
  names: object,
  path: string,
  spec: object,
  version: number,
  answer: object,
  status = "ACTIVE",
): object {
  const { uid, createdAt, lastUpdatedAt } = (
    Object.values(answer)[0] as { metadata: Record<string, unknown> }
  ).metadata;
  assert.match(uid as string, /^[0-9a-f-]{36}$/);
  for (const time of [createdAt, lastUpdatedAt].map(Number)) {
    assert.ok(time > 1.7e9 && time <= Date.now() / 1000, `${time} is no time in seconds`);
  }
  return {
    ...names,
    metadata: {
      arn: ARN + path,
      uid,
      createdAt,
      lastUpdatedAt,
      meshOwner: "000000000000",
      resourceOwner: "000000000000",
      version,
    },
    spec,
    status: { status },
  };
}
