import { ServiceAccountInput } from "@pulumi-appmesh/control-plane/mesh/service-accounts.js";
import { type Member, required, resourceName, string, structure } from "@pulumi-appmesh/model";
import type { RunsAs } from "../client/appmesh.js";
import { isNotFound } from "../client/errors.js";
import type { Context, Made } from "../resources/operations.js";
import { type ObjectValue, reveal, toJson } from "../server/values.js";
import type { Extension } from "./extension.js";
import { changesOf, checkShape, goesFirst, withSecretsOf } from "./inputs.js";

const replaces = "Changing it makes another of it.";
const label = (maxLength: number, form: RegExp, example: string) =>
  string({
    minLength: 1,
    maxLength,
    pattern: {
      regex: form,
      says: `as Kubernetes has it (lower-case letters, digits and hyphens, as ${example})`,
    },
  });

const inputs = {
  meshName: required(
    resourceName,
    `Name of the mesh, which must be the provider's account's own. ${replaces}`,
  ),
  namespace: required(
    label(63, /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "shop"),
    `Namespace of the service account. ${replaces}`,
  ),
  serviceAccountName: required(
    label(253, /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "catalog"),
    `Name of the service account. ${replaces}`,
  ),
  ...ServiceAccountInput.members,
} satisfies Record<string, Member>;

const shape = structure("ProxyServiceAccount", ServiceAccountInput.doc, inputs);
const TOKEN = "appmesh:index:ProxyServiceAccount";
const identity = ["meshName", "namespace", "serviceAccountName"] as const;

/** As which service account of Kubernetes the proxies of virtual nodes and gateways run, by whose tokens they are known. */
export const proxyServiceAccount: Extension = {
  token: TOKEN,
  title: "ProxyServiceAccount",
  doc:
    "Whose proxies run as a service account of Kubernetes: with its tokens, pods prove that they are proxies of these virtual " +
    "nodes and gateways, and of no others. The control plane knows the cluster's keys by --proxy-jwks. MeshDeployment and " +
    "MeshGatewayDeployment say it themselves of the service accounts that they make.\n\n## Import\n\nIt is imported by the " +
    `mesh, the namespace and the name.\n\n\`\`\`sh\npulumi import ${TOKEN} example shop/shop:catalog\n\`\`\``,
  inputs,
  outputs: {},
  secrets: [],
  identity,

  check: ({ news }) => checkShape(shape, news),

  diff: (input) => {
    const changes = changesOf(inputs, input).map((change) => ({
      ...change,
      replaces: (identity as readonly unknown[]).includes(change.path[0]),
    }));
    return { changes, deleteBeforeReplace: goesFirst(changes), stables: [...identity] };
  },

  planned: (given) => given,
  plannedUpdate: (_, news) => news,
  create,

  read: async (id, { inputs: known }, context) => {
    const live = await found(id, context);
    if (live === undefined) return undefined;
    const { meshName, account } = partsOf(id);
    const [namespace = "", serviceAccountName = ""] = account.split(":");
    // None is as good as nothing said.
    const members = (["virtualNodes", "virtualGateways"] as const).flatMap((member) => {
      const names = live[member] ?? [];
      return names.length > 0 || known[member] !== undefined ? [[member, [...names]] as const] : [];
    });
    const now = { meshName, namespace, serviceAccountName, ...Object.fromEntries(members) };
    const inputs: ObjectValue = { ...known, ...withSecretsOf(known, now) };
    return { inputs, state: inputs };
  },

  update: async ({ id, news }, context) => {
    await put(id, news, context);
    return news;
  },

  delete: async (id, { appMesh, call }) => {
    const { meshName, account } = partsOf(id);
    try {
      await appMesh.deleteServiceAccount(meshName, account, call);
    } catch (error) {
      if (!isNotFound(error)) throw failed("delete", id, error);
    }
  },
};

async function create(given: ObjectValue, context: Context): Promise<Made> {
  const { meshName, namespace, serviceAccountName } = reveal(given) as ObjectValue;
  const id = `${meshName}/${namespace}:${serviceAccountName}`;
  if ((await found(id, context)) !== undefined) {
    throw new Error(
      `${words(id)} is there already: its tokens are those of other proxies, too. Import it (pulumi import ${TOKEN} NAME ` +
        `${id}), or let these proxies run as another service account. Where it is to be replaced (--replace, replacementTrigger), ` +
        "give it the option deleteBeforeReplace.",
    );
  }
  await put(id, given, context);
  return { id, state: given };
}

/** shop/shop:catalog */
function partsOf(id: string): { readonly meshName: string; readonly account: string } {
  const at = id.indexOf("/");
  if (at < 1 || !id.includes(":", at)) {
    throw new Error(
      `${JSON.stringify(id)} was given; the id of a ProxyServiceAccount is MESH/NAMESPACE:NAME, as shop/shop:catalog.`,
    );
  }
  return { meshName: id.slice(0, at), account: id.slice(at + 1) };
}

function words(id: string): string {
  const { meshName, account } = partsOf(id);
  return `service account ${JSON.stringify(account)} of mesh ${JSON.stringify(meshName)}`;
}

const failed = (doing: string, id: string, error: unknown): Error =>
  new Error(`cannot ${doing} ${words(id)}: ${(error as Error).message}`, { cause: error });

async function put(id: string, inputs: ObjectValue, { appMesh, call }: Context): Promise<void> {
  const { meshName, account } = partsOf(id);
  const { virtualNodes, virtualGateways } = toJson(inputs) as RunsAs;
  const body = { ...(virtualNodes && { virtualNodes }), ...(virtualGateways && { virtualGateways }) };
  await appMesh.putServiceAccount(meshName, account, body, call).catch((error: unknown) => {
    throw failed("change", id, error);
  });
}

/** Undefined where there is none. */
async function found(id: string, { appMesh, call }: Context): Promise<RunsAs | undefined> {
  const { meshName, account } = partsOf(id);
  try {
    return await appMesh.serviceAccount(meshName, account, call);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw failed("read", id, error);
  }
}
