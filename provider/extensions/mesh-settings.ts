import {
  type Member,
  MeshSettings as MeshSettingsShape,
  required,
  resourceName,
  structure,
} from "@pulumi-appmesh/model";
import { isNotFound } from "../client/errors.js";
import type { Context, Made } from "../resources/operations.js";
import type { Found } from "../resources/resource.js";
import { equal, type Json, type ObjectValue, reveal, toJson } from "../server/values.js";
import type { Extension } from "./extension.js";
import { changesOf, checkShape, goesFirst, withSecretsOf } from "./inputs.js";

const inputs = {
  meshName: required(
    resourceName,
    "Name of the mesh that the settings are of, which must be the provider's account's own. Changing it replaces the settings.",
  ),
  ...MeshSettingsShape.members,
} satisfies Record<string, Member>;

const shape = structure("MeshSettings", MeshSettingsShape.doc, inputs);
const TOKEN = "appmesh:index:MeshSettings";

/**
 * What the owner of a mesh settles beyond App Mesh's model: a resource of its own that names its mesh, since the shapes of
 * App Mesh have no place for it. Every mesh has settings; this one says which are not at their defaults.
 */
export const meshSettings: Extension = {
  token: TOKEN,
  title: "MeshSettings",
  doc:
    "What the owner of a mesh settles beyond App Mesh's model: mutual TLS between all proxies, with certificates that the " +
    "control plane gives them, and whether requests are tried again by default. One for each mesh; without it, and after " +
    "it, everything is at its default.\n\n## Import\n\nThe settings of a mesh are imported by its name.\n\n" +
    `\`\`\`sh\npulumi import ${TOKEN} example shop\n\`\`\``,
  inputs,
  outputs: {},
  secrets: [],
  identity: ["meshName"],

  check: ({ news }) => checkShape(shape, news),

  diff: (input) => {
    const changes = changesOf(inputs, input).map((change) => ({
      ...change,
      replaces: change.path[0] === "meshName",
    }));
    return { changes, deleteBeforeReplace: goesFirst(changes), stables: ["meshName"] };
  },

  planned: (given) => given,
  plannedUpdate: (_, news) => news,
  create,
  read,

  update: async ({ id, news }, context) => {
    await settle(id, news, context);
    return news;
  },

  /** Everything is at its default again. */
  delete: async (id, { appMesh, call }) => {
    try {
      await appMesh.settle(id, {}, call);
    } catch (error) {
      if (!isNotFound(error)) throw failed("reset", id, error);
    }
  },
};

async function create(given: ObjectValue, context: Context): Promise<Made> {
  const meshName = nameIn(given);
  const before = await found(meshName, context);
  if (before === undefined) {
    throw new Error(
      `cannot settle anything of mesh "${meshName}": there is no such mesh of the provider's account. If this program makes ` +
        "it, pass the name from the mesh's own output here, so that the order is known.",
    );
  }
  if (!equal(before, {})) {
    throw new Error(
      `mesh "${meshName}" has settings already. Import them (pulumi import ${TOKEN} NAME ${meshName}), so that ` +
        "they are not changed by two programs. Where they are to be replaced (--replace, replacementTrigger), give them the " +
        "option deleteBeforeReplace.",
    );
  }
  await settle(meshName, given, context);
  return { id: meshName, state: given };
}

/** The settings as they are now; undefined where the mesh is gone. What the inputs leave at its default stays out. */
async function read(id: string, { inputs: known }: Found, context: Context): Promise<Found | undefined> {
  const live = await found(id, context);
  if (live === undefined) return undefined;
  const same = equal(withDefaults(toJson(known) as Settings) as Json, withDefaults(live) as Json);
  const now = same ? { ...known, meshName: id } : { meshName: id, ...live };
  const inputs = withSecretsOf(known, now);
  return { inputs, state: inputs };
}

type Settings = { readonly [member: string]: Json };

const nameIn = (inputs: ObjectValue): string => String(reveal(inputs.meshName ?? ""));

async function settle(meshName: string, inputs: ObjectValue, { appMesh, call }: Context): Promise<void> {
  const { meshName: _, ...settings } = toJson(inputs) as Settings;
  await appMesh.settle(meshName, settings, call).catch((error: unknown) => {
    throw failed("change", meshName, error);
  });
}

const failed = (doing: string, meshName: string, error: unknown): Error =>
  new Error(`cannot ${doing} the settings of mesh "${meshName}": ${(error as Error).message}`, {
    cause: error,
  });

/** What is not at its default, as a program would say it. */
async function found(meshName: string, { appMesh, call }: Context): Promise<Settings | undefined> {
  try {
    const { defaultRetries, managedTls } = await appMesh.settings(meshName, call);
    const isOn = managedTls !== undefined && managedTls.mode !== "OFF";
    return {
      ...(defaultRetries === false && { defaultRetries }),
      ...(isOn && {
        managedTls: {
          mode: managedTls.mode,
          ...(managedTls.settleSeconds !== SETTLE_SECONDS &&
            managedTls.settleSeconds !== undefined && { settleSeconds: managedTls.settleSeconds }),
        },
      }),
    };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw failed("read", meshName, error);
  }
}

/** The default of `settleSeconds`. */
const SETTLE_SECONDS = 30;

function withDefaults({ meshName: _, defaultRetries = true, managedTls = {} }: Settings): object {
  const { mode = "OFF", settleSeconds = SETTLE_SECONDS } = managedTls as Settings;
  return { defaultRetries, managedTls: mode === "OFF" ? { mode } : { mode, settleSeconds } };
}
