import { ownName } from "../../mesh/address.js";
import type { Finding } from "../diagnostic.js";
import { gatewayTargetOf, routeKind, targetsOf, title, type WholeMesh } from "../whole-mesh.js";

/**
 * What names something that is not there. App Mesh let backends name services that are yet to come; the others it
 * checked when they were written.
 */
export async function* references(mesh: WholeMesh): AsyncIterable<Finding> {
  for await (const { address, spec } of mesh.all("virtualNode")) {
    const first = new Map<string, number>();
    for (const [i, { virtualService }] of (spec.backends ?? []).entries()) {
      if (virtualService === undefined) continue;
      const name = virtualService.virtualServiceName;
      const path = `spec.backends[${i}].virtualService.virtualServiceName`;
      const before = first.get(name);
      if (before !== undefined) {
        yield {
          code: "DuplicateBackend",
          address,
          path,
          message: `virtual service ${name} is a backend already, in spec.backends[${before}]: one of the two has no effect`,
          remedy: "Remove one of them.",
        };
        continue;
      }
      first.set(name, i);
      if (mesh.get("virtualService", name)) continue;
      yield {
        code: "MissingBackend",
        address,
        path,
        message: `virtual service ${name} does not exist: calls to it fail`,
        remedy: `Create virtual service ${name}, correct the name, or remove the backend.`,
        covers: [{ entity: `virtualService/${name}`, path: "" }],
      };
    }
  }
  for await (const { address, spec } of mesh.all("virtualService")) {
    const { virtualNode, virtualRouter } = spec.provider ?? {};
    const [kind, name] = virtualNode
      ? (["virtualNode", virtualNode.virtualNodeName] as const)
      : (["virtualRouter", virtualRouter?.virtualRouterName] as const);
    if (name === undefined) {
      yield {
        code: "NoProvider",
        address,
        path: "spec.provider",
        message: "the virtual service has no provider: its callers get 503",
        remedy: "Give it a virtual node or a virtual router as its provider.",
        covers: mesh.leadingTo(ownName(address)),
      };
    } else if (!mesh.get(kind, name)) {
      yield {
        code: "MissingProvider",
        address,
        path: `spec.provider.${kind}.${kind}Name`,
        message: `${title(kind)} ${name} does not exist: the callers of the virtual service get 503`,
        remedy: `Create ${title(kind)} ${name}, or take another provider.`,
        covers: mesh.leadingTo(ownName(address)),
      };
    }
  }
  for await (const { address, spec } of mesh.routes()) {
    for (const [i, { virtualNode }] of targetsOf(spec).entries()) {
      if (mesh.get("virtualNode", virtualNode)) continue;
      yield {
        code: "MissingTarget",
        address,
        path: `${routeKind(spec)?.path}.action.weightedTargets[${i}]`,
        message: `virtual node ${virtualNode} does not exist: its share of the traffic gets 503`,
        remedy: `Create virtual node ${virtualNode}, or remove the target.`,
      };
    }
  }
  for await (const { address, spec } of mesh.gatewayRoutes()) {
    const name = gatewayTargetOf(spec)?.virtualService.virtualServiceName;
    if (name === undefined || mesh.get("virtualService", name)) continue;
    yield {
      code: "MissingGatewayTarget",
      address,
      path: `${routeKind(spec)?.path}.action.target`,
      message: `virtual service ${name} does not exist: requests that the route takes get 503`,
      remedy: `Create virtual service ${name}, or send to another one.`,
      covers: [{ entity: `virtualService/${name}`, path: "" }],
    };
  }
}

/** What nothing leads to. */
export async function* usage(mesh: WholeMesh): AsyncIterable<Finding> {
  const called = new Set<string>();
  const providing = { virtualNode: new Set<string>(), virtualRouter: new Set<string>() };
  for await (const { spec } of mesh.all("virtualNode")) {
    for (const { virtualService } of spec.backends ?? []) {
      if (virtualService) called.add(virtualService.virtualServiceName);
    }
  }
  for await (const { spec } of mesh.gatewayRoutes()) {
    const target = gatewayTargetOf(spec);
    if (target) called.add(target.virtualService.virtualServiceName);
  }
  for await (const { address, spec } of mesh.all("virtualService")) {
    const { virtualNode, virtualRouter } = spec.provider ?? {};
    if (virtualNode) providing.virtualNode.add(virtualNode.virtualNodeName);
    if (virtualRouter) providing.virtualRouter.add(virtualRouter.virtualRouterName);
    if (called.has(ownName(address))) continue;
    yield {
      code: "UnusedVirtualService",
      address,
      path: "",
      message:
        "no virtual node has the virtual service as a backend, and no gateway route leads to it: nobody calls it",
      remedy: "Name it in the backends of those who call it, or delete it.",
    };
  }
  for await (const { address } of mesh.all("virtualRouter")) {
    if (providing.virtualRouter.has(ownName(address))) continue;
    yield {
      code: "UnusedVirtualRouter",
      address,
      path: "",
      message: "no virtual service has the virtual router as its provider: its routes have no effect",
      remedy: "Make it the provider of a virtual service, or delete it.",
    };
  }
  for await (const { spec } of mesh.routes()) {
    for (const { virtualNode } of targetsOf(spec)) providing.virtualNode.add(virtualNode);
  }
  for await (const { address, spec } of mesh.all("virtualNode")) {
    if ((spec.listeners ?? []).length === 0 || providing.virtualNode.has(ownName(address))) continue;
    yield {
      code: "UnusedVirtualNode",
      address,
      path: "",
      message:
        "no route sends to the virtual node, and it provides no virtual service: its listeners get no traffic from the mesh",
      remedy: "Make it the target of a route or the provider of a virtual service, or remove its listeners.",
    };
  }
}
