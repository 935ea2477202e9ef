import type { FastifyInstance, FastifyRequest } from "fastify";
import { type AccessKey, describeKey, type IssuedKey } from "../identity/access-key.js";
import type { AccessKeys } from "../identity/access-keys.js";
import type { Caller } from "../mesh/caller.js";
import { bodyOf } from "./requests.js";

/** A change to the access keys that has been made. */
export interface AccessKeyChange {
  readonly caller: Caller;
  readonly operation: string;
  readonly accessKeyId: string;
  readonly before: object | undefined;
  readonly after: object;
}

/** How access keys are issued, listed, replaced and taken back: for keys that may do everything, and for no others. */
export function accessKeyRoutes(
  app: FastifyInstance,
  keys: AccessKeys,
  onChange: (change: AccessKeyChange) => void = () => {},
): void {
  const config = (operation: string) => ({ config: { operation, access: "write" as const } });
  const shown = (key: AccessKey) => describeKey(key, keys.seconds());
  const issued = ({ key, secretAccessKey }: IssuedKey) => ({
    accessKey: { ...shown(key), secretAccessKey },
  });
  const known = (accessKeyId: string) => {
    const found = keys.find(accessKeyId);
    return found && shown(found.key);
  };

  app.get("/v1/access-keys", config("ListAccessKeys"), () => ({ accessKeys: keys.list().map(shown) }));

  app.post("/v1/access-keys", config("CreateAccessKey"), async (request) => {
    const answer = await keys.create(bodyOf(request));
    const { accessKeyId } = answer.key;
    tell(request, "CreateAccessKey", accessKeyId, undefined, shown(answer.key));
    return issued(answer);
  });

  app.post("/v1/access-keys/:accessKeyId/rotate", config("RotateAccessKey"), async (request) => {
    const accessKeyId = idIn(request);
    const before = known(accessKeyId);
    const answer = await keys.rotate(accessKeyId, bodyOf(request));
    tell(request, "RotateAccessKey", accessKeyId, before, {
      replaced: known(accessKeyId),
      by: shown(answer.key),
    });
    return issued(answer);
  });

  app.put("/v1/access-keys/:accessKeyId", config("UpdateAccessKey"), async (request) => {
    const accessKeyId = idIn(request);
    const before = known(accessKeyId);
    const updated = shown(await keys.describe(accessKeyId, bodyOf(request)));
    if (before?.description !== updated.description)
      tell(request, "UpdateAccessKey", accessKeyId, before, updated);
    return { accessKey: updated };
  });

  app.delete("/v1/access-keys/:accessKeyId", config("RevokeAccessKey"), async (request) => {
    const accessKeyId = idIn(request);
    const before = known(accessKeyId);
    const revoked = shown(await keys.revoke(accessKeyId));
    if (before?.status !== revoked.status) tell(request, "RevokeAccessKey", accessKeyId, before, revoked);
    return { accessKey: revoked };
  });

  function tell(
    { caller }: FastifyRequest,
    operation: string,
    accessKeyId: string,
    before: object | undefined,
    after: object,
  ): void {
    onChange({ caller, operation, accessKeyId, before, after });
  }
}

const idIn = (request: FastifyRequest): string => (request.params as { accessKeyId: string }).accessKeyId;
