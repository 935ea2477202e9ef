import { CreateAccessKeyInput } from "@pulumi-appmesh/control-plane/identity/access-key.js";
import { optional, required, string, structure } from "@pulumi-appmesh/model";
import type { AccessKey } from "../client/appmesh.js";
import { type ObjectValue, reveal, toJson } from "../server/values.js";
import { issued } from "./issued.js";
import { renewBeforeSeconds } from "./renewal.js";

const { description, account, scope, expiresInSeconds } = CreateAccessKeyInput.members;
const REPLACES = "Changing it replaces the key.";

/** What an access key is issued by. */
export const accessKeyInputs = {
  description: optional(description.shape, `${description.doc} Can be changed.`),
  account: optional(account.shape, `${account.doc} ${REPLACES}`),
  scope: optional(scope.shape, `${scope.doc} ${REPLACES}`),
  expiresInSeconds: optional(expiresInSeconds.shape, `${expiresInSeconds.doc} ${REPLACES}`),
  renewBeforeSeconds,
} as const;

const words = (id: string): string => `access key ${JSON.stringify(id)}`;

/** A key of the App Mesh API, which only whoever issues it is told. */
export const accessKey = issued({
  title: "AccessKey",
  doc:
    "A key with which a program signs its requests to the App Mesh API, and what it may do: one for each program, and no more " +
    "than it needs. The provider itself needs a key of the control plane's own account without a scope to issue others, or the " +
    "control planes' table.",
  shape: structure("AccessKeyArgs", "An access key of the App Mesh API.", accessKeyInputs),
  outputs: {
    accessKeyId: required(string(), "The key's id, which is no secret."),
    secretAccessKey: required(string(), "The key's secret part."),
  },
  secrets: ["secretAccessKey"],
  inPlace: ["description", "renewBeforeSeconds"],
  words,
  instead: "Make another one, and revoke this one when nobody uses it any more.",

  issue: async ({ renewBeforeSeconds: _, ...inputs }, { appMesh, call }) => {
    try {
      const key = await appMesh.issueKey(toJson(inputs) as object, call);
      const { accessKeyId, secretAccessKey } = key;
      return { id: accessKeyId, outputs: { accessKeyId, secretAccessKey }, ending: key };
    } catch (error) {
      throw new Error(`cannot issue an access key: ${(error as Error).message}`, { cause: error });
    }
  },

  look: async (id, { appMesh, call }) => {
    try {
      return await appMesh.accessKey(id, call);
    } catch (error) {
      throw new Error(`cannot read ${words(id)}: ${(error as Error).message}`, { cause: error });
    }
  },

  drift: (live, inputs): ObjectValue => {
    const { description } = live as AccessKey;
    return description === textOf(inputs) ? {} : { description };
  },

  update: async (id, olds, news, { appMesh, call }) => {
    if (textOf(olds) === textOf(news)) return;
    try {
      await appMesh.describeKey(id, textOf(news), call);
    } catch (error) {
      throw new Error(`cannot update ${words(id)}: ${(error as Error).message}`, { cause: error });
    }
  },

  revoke: (id, { appMesh, call }) => appMesh.revokeKey(id, call),
});

const textOf = ({ description = "" }: ObjectValue): string => String(reveal(description));
