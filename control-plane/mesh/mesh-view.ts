import type { Kind, Specs } from "@pulumi-appmesh/model";
import type { MeshEntities } from "../translate/entities.js";
import { type Address, childOf, ownName } from "./address.js";
import type { MeshState } from "./state.js";

/**
 * One mesh, as translation reads it: always as of the latest change, and whether or not the mesh exists yet. What is read
 * of a record that cannot be read is thrown, so that proxies keep what they have.
 */
export class MeshView implements MeshEntities {
  readonly #state: MeshState;
  readonly #mesh: Address<"mesh">;

  constructor(state: MeshState, mesh: Address<"mesh">) {
    this.#state = state;
    this.#mesh = mesh;
  }

  get meshName(): string {
    return ownName(this.#mesh);
  }

  mesh() {
    return this.#state.get(this.#mesh)?.spec;
  }

  settings() {
    return this.#state.settings(this.#mesh);
  }

  virtualNode(name: string) {
    return this.#spec("virtualNode", name);
  }

  virtualRouter(name: string) {
    return this.#spec("virtualRouter", name);
  }

  virtualService(name: string) {
    return this.#spec("virtualService", name);
  }

  virtualGateway(name: string) {
    return this.#spec("virtualGateway", name);
  }

  routes(virtualRouterName: string) {
    return this.#children(childOf(this.#mesh, "virtualRouter", virtualRouterName), "route");
  }

  gatewayRoutes(virtualGatewayName: string) {
    return this.#children(childOf(this.#mesh, "virtualGateway", virtualGatewayName), "gatewayRoute");
  }

  #children<K extends Kind>(parent: Address, kind: K) {
    this.#state.checkChildren(parent, kind);
    return this.#state.children(parent, kind).named();
  }

  #spec<K extends Kind>(kind: K, name: string): Specs[K] | undefined {
    return this.#state.get(childOf(this.#mesh, kind, name))?.spec;
  }
}
