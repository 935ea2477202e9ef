import { type Address, addressKey, ownName, parsePath } from "../mesh/address.js";
import { MeshError } from "../mesh/errors.js";
import type { MeshEntities, Proxy } from "../translate/entities.js";
import type { Problem, ProxyResources } from "../translate/resources.js";
import type { Finding } from "./diagnostic.js";
import type { WholeMesh } from "./whole-mesh.js";

export type Translate = (entities: MeshEntities, proxy: Proxy) => ProxyResources;

/**
 * What the proxies of one virtual node or gateway leave undone, as translation tells it. Interception changes next to
 * nothing of that; it is told for transparent interception.
 */
export function* translated(
  translate: Translate,
  entities: MeshEntities,
  address: Address<"virtualNode"> | Address<"virtualGateway">,
): Iterable<Finding> {
  const { kind, meshOwner, names } = address;
  const proxy: Proxy = {
    meshOwner,
    meshName: names[0] as string,
    kind,
    name: ownName(address),
    interception: { mode: "transparent" },
  };
  let problems: readonly Problem[];
  try {
    problems = translate(entities, proxy).problems;
  } catch (error) {
    // A record that cannot be read is told by itself.
    if (error instanceof MeshError) return;
    // As the xDS server has it: one mesh's trouble is not the others', nor that of what else is wrong in it.
    yield {
      code: "NotInEffect",
      address,
      path: "",
      message: `the control plane failed to make the configuration of its proxies, which keep what they have: ${(error as Error).message}`,
      remedy: "Undo the last change to it, or to what it refers to, and report this as a bug.",
    };
    return;
  }
  for (const problem of problems) {
    const at = addressOf(address, problem);
    if (at) {
      yield {
        code: "NotInEffect",
        address: at,
        path: problem.path,
        message: problem.message,
        remedy: REMEDY,
      };
    }
  }
}

const REMEDY = "Change what it says there, or what it refers to.";

function addressOf({ meshOwner, names }: Address, { entity }: Problem): Address | undefined {
  const path = `mesh/${names[0]}`;
  return parsePath(meshOwner, entity === path ? path : `${path}/${entity}`);
}

/**
 * The entities of a mesh as they were, each service read once for all who call it; and with what AWS answers left out:
 * whether its services can be had now is told beside the proxies that need it, and asking is not for those who only look.
 *
 * @param asked which of AWS's services are asked at all
 */
export function forLooking(mesh: WholeMesh, asked: MeshEntities): MeshEntities {
  const derived = new Map<unknown, Map<string, unknown>>();
  const readable = (is: (key: string) => boolean) => {
    const record = mesh.unreadable.find(({ key }) => is(key));
    if (record) throw new MeshError("InternalServerErrorException", `${record.key}: ${record.reason}`);
  };
  const prefix = addressKey(mesh.address);
  const specOf = <K extends "virtualNode" | "virtualRouter" | "virtualService" | "virtualGateway">(
    kind: K,
    name: string,
  ) => {
    readable((key) => key === `${prefix}/${kind}/${name}`);
    return mesh.get(kind, name)?.spec;
  };
  return {
    meshName: ownName(mesh.address),
    mesh: () => mesh.spec,
    virtualNode: (name) => specOf("virtualNode", name),
    virtualRouter: (name) => specOf("virtualRouter", name),
    virtualService: (name) => specOf("virtualService", name),
    virtualGateway: (name) => specOf("virtualGateway", name),
    routes: (name) => {
      readable((key) => key.startsWith(`${prefix}/virtualRouter/${name}/route/`));
      return mesh.namedRoutes(name);
    },
    gatewayRoutes: (name) => {
      readable((key) => key.startsWith(`${prefix}/virtualGateway/${name}/gatewayRoute/`));
      return mesh.namedGatewayRoutes(name);
    },
    ...(asked.instances && { instances: () => NO_INSTANCES }),
    ...(asked.certificate && { certificate: () => SOME_CERTIFICATE }),
    ...(asked.certificateAuthority && { certificateAuthority: () => SOME_AUTHORITY }),
    derive<T>(compute: (entities: MeshEntities, name: string) => T, name: string): T {
      const known = derived.get(compute) ?? new Map<string, unknown>();
      derived.set(compute, known);
      if (!known.has(name)) known.set(name, compute(this, name));
      return known.get(name) as T;
    },
  };
}

const NO_INSTANCES = Object.freeze({ list: [] });
const SOME_CERTIFICATE = Object.freeze({ certificate: "", issuers: "", privateKey: "" });
const SOME_AUTHORITY = Object.freeze({ certificates: "" });
