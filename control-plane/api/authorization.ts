import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Demand, type MeshId, refusal } from "../identity/scope.js";
import { type Address, addressPath } from "../mesh/address.js";
import { MeshError } from "../mesh/errors.js";
import { isOpen } from "./open-paths.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /**
     * The mesh that a request is about, by the same reading of the request as its handler's; `seen` for a handler
     * that shows those meshes only that its caller sees. Default: more than single meshes, so that keys for single
     * meshes are refused.
     */
    mesh?: "seen" | ((request: FastifyRequest) => Address | undefined);
    /**
     * Whether a request that is about no single mesh is for keys of every account. Default: for those of the control
     * plane's own, whose operators ask what is everybody's: its access keys, its proxies, its numbers.
     */
    ofEveryAccount?: true;
    /** Default: `read` for GET, and `write` for all else. */
    access?: "read" | "write";
  }
}

/** Lets nothing through that the scope of the caller's key does not allow. What says nothing of itself needs most. */
export function authorize(app: FastifyInstance, region: string, account: string): void {
  app.addHook("preHandler", async (request) => {
    if (isOpen(request) || request.is404) return;
    const { scope, caller } = request;
    if (!scope) throw new Error("a request came past the proof of who asks");
    const { config, url } = request.routeOptions;
    const access = config.access ?? (request.method === "GET" ? "read" : "write");
    const isSeen = config.mesh === "seen" && access === "read";
    // Not read for who may do everything: what is wrong with it is the handler's to say.
    const mesh = access === "write" && scope.readOnly ? undefined : scope.meshes && meshOf(request);
    const demand: Demand = { writes: access === "write", mesh: mesh && meshIdOf(mesh) };
    const isForeign = config.mesh === undefined && !config.ofEveryAccount && caller.account !== account;
    const why =
      isSeen && scope.unknown === undefined
        ? undefined
        : (refusal(scope, demand) ??
          (isForeign
            ? `the key is of account ${caller.account}, and not of the control plane's own`
            : undefined));
    if (why === undefined) return;
    const resource = mesh ? `arn:aws:appmesh:${region}:${mesh.meshOwner}:${addressPath(mesh)}` : "*";
    throw new MeshError(
      "ForbiddenException",
      `User: arn:aws:iam::${caller.account}:access-key/${caller.accessKeyId} is not authorized to perform: ` +
        `appmesh:${config.operation ?? `${request.method} ${url}`} on resource: ${resource} because ${why}`,
    );
  });
}

function meshOf(request: FastifyRequest): Address | undefined {
  const { mesh } = request.routeOptions.config;
  return typeof mesh === "function" ? mesh(request) : undefined;
}

const meshIdOf = ({ names, meshOwner }: Address): MeshId => ({ meshName: names[0] as string, meshOwner });
