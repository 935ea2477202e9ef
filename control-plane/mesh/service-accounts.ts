import {
  formatViolation,
  type Infer,
  list,
  optional,
  resourceName,
  string,
  structure,
  validate,
} from "@pulumi-appmesh/model";
import { checkMembers, MalformedRecord, readRecord } from "../store/record-value.js";
import { type Address, ownName } from "./address.js";
import { keyBeside, parseKeyBeside } from "./beside.js";
import type { Caller } from "./caller.js";
import { MeshError } from "./errors.js";
import { ownMesh } from "./rules/access.js";
import type { MeshState } from "./state.js";
import type { Transactions } from "./transactions.js";

export const ServiceAccountInput = structure(
  "ServiceAccountInput",
  "Whose proxies run as a Kubernetes service account.",
  {
    virtualNodes: optional(
      list(resourceName, { maxItems: 100 }),
      "Names of virtual nodes, at most 100. Default: none.",
    ),
    virtualGateways: optional(
      list(resourceName, { maxItems: 100 }),
      "Names of virtual gateways, at most 100. Default: none.",
    ),
  },
);
export type ServiceAccountInput = Infer<typeof ServiceAccountInput>;

/** Whose proxies run as what service account, by NAMESPACE:NAME. */
export type ServiceAccountsOfMesh = Readonly<Record<string, ServiceAccountInput>>;

export const NO_SERVICE_ACCOUNTS: ServiceAccountsOfMesh = Object.freeze({});

export const serviceAccountsKey = (mesh: Address<"mesh">): string => keyBeside(mesh, "serviceAccounts");

export const encodeServiceAccounts = (mesh: Address<"mesh">, accounts: ServiceAccountsOfMesh) => ({
  key: serviceAccountsKey(mesh),
  value: Object.keys(accounts).length === 0 ? undefined : JSON.stringify(accounts),
});

/** Throws MalformedRecord for what is none. */
export function decodeServiceAccounts(value: string): ServiceAccountsOfMesh {
  const accounts = readRecord(value);
  const members = Object.entries(accounts);
  checkMembers(accounts, Object.fromEntries(members.map(([name]) => [name, "object"])));
  for (const [name, account] of members) {
    const [violation] = validate(ServiceAccountInput, account, { path: [name], isKept: true });
    if (violation) throw new MalformedRecord(formatViolation(violation).replace(/\.$/, ""));
  }
  return accounts as ServiceAccountsOfMesh;
}

/** The mesh whose service accounts are kept under a key; undefined for any other key. */
export const parseServiceAccountsKey = (key: string): Address<"mesh"> | undefined =>
  parseKeyBeside(key, "serviceAccounts");

export interface ServiceAccount {
  readonly meshName: string;
  readonly meshOwner: string;
  /** NAMESPACE:NAME. */
  readonly serviceAccount: string;
  readonly virtualNodes: readonly string[];
  readonly virtualGateways: readonly string[];
}

/** DNS labels, and for the name DNS subdomains, as Kubernetes has them. */
const accountName = string({
  minLength: 3,
  maxLength: 63 + 1 + 253,
  pattern: {
    regex: /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?:[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
    says: "in the form NAMESPACE:NAME, such as shop:catalog,",
  },
});
/** One record of a store holds all of a mesh. */
const MOST = 1000;

/**
 * Which Kubernetes service accounts the proxies of a mesh run as: with their tokens, proxies prove that they are those of
 * these virtual nodes and gateways, and of no others. For the mesh's owner alone.
 */
export class ServiceAccounts {
  readonly #state: MeshState;
  readonly #transactions: Transactions;

  constructor({ state, transactions }: { readonly state: MeshState; readonly transactions: Transactions }) {
    this.#state = state;
    this.#transactions = transactions;
  }

  /** In the order of their names. */
  list(caller: Caller, meshName: string): readonly ServiceAccount[] {
    const mesh = ownMesh(this.#state, caller, meshName);
    const accounts = this.#state.serviceAccounts(mesh);
    return Object.keys(accounts)
      .sort()
      .map((name) => described(mesh, name, accounts[name]));
  }

  get(caller: Caller, meshName: string, name: string): ServiceAccount {
    const mesh = ownMesh(this.#state, caller, meshName);
    return described(mesh, name, this.#find(mesh, name));
  }

  put(caller: Caller, meshName: string, name: string, body: unknown): Promise<ServiceAccount> {
    return this.#transactions.run(caller, () => {
      const mesh = ownMesh(this.#state, caller, meshName);
      const violations = [
        ...validate(accountName, name, { path: ["serviceAccount"] }),
        ...validate(ServiceAccountInput, body),
      ];
      if (violations.length > 0) {
        throw new MeshError("BadRequestException", violations.map(formatViolation).join(" "));
      }
      const before = this.#state.serviceAccounts(mesh);
      const after = { ...before, [name]: body as ServiceAccountInput };
      if (Object.keys(after).length > MOST) {
        throw new MeshError("LimitExceededException", `a mesh has at most ${MOST} service accounts`);
      }
      return this.#decision(
        "PutServiceAccount",
        mesh,
        name,
        before,
        after,
        described(mesh, name, after[name]),
      );
    });
  }

  delete(caller: Caller, meshName: string, name: string): Promise<ServiceAccount> {
    return this.#transactions.run(caller, () => {
      const mesh = ownMesh(this.#state, caller, meshName);
      const ended = described(mesh, name, this.#find(mesh, name));
      const before = this.#state.serviceAccounts(mesh);
      const { [name]: _, ...after } = before;
      return this.#decision("DeleteServiceAccount", mesh, name, before, after, ended);
    });
  }

  #decision(
    operation: string,
    mesh: Address<"mesh">,
    name: string,
    before: ServiceAccountsOfMesh,
    after: ServiceAccountsOfMesh,
    result: ServiceAccount,
  ) {
    const of = (accounts: ServiceAccountsOfMesh) => ({ serviceAccounts: { [name]: accounts[name] ?? null } });
    const change = { operation, address: mesh, before: of(before), after: of(after) };
    return { writes: [encodeServiceAccounts(mesh, after)], result, change };
  }

  #find(mesh: Address<"mesh">, name: string): ServiceAccountInput {
    const accounts = this.#state.serviceAccounts(mesh);
    const found = Object.hasOwn(accounts, name) ? accounts[name] : undefined;
    if (found) return found;
    throw new MeshError(
      "NotFoundException",
      `Mesh ${ownName(mesh)} has no proxies that run as service account ${JSON.stringify(name)}`,
    );
  }
}

/** Whether the proxies of a virtual node or gateway run as a service account. */
export function runsAs(
  state: MeshState,
  proxy: {
    readonly meshName: string;
    readonly meshOwner: string;
    readonly kind: "virtualNode" | "virtualGateway";
    readonly name: string;
  },
  serviceAccount: string,
): boolean {
  const { meshName, meshOwner, kind, name } = proxy;
  const accounts = state.serviceAccounts({ kind: "mesh", meshOwner, names: [meshName] });
  const account = Object.hasOwn(accounts, serviceAccount) ? accounts[serviceAccount] : undefined;
  const members = kind === "virtualNode" ? account?.virtualNodes : account?.virtualGateways;
  return members?.includes(name) ?? false;
}

const described = (
  mesh: Address<"mesh">,
  serviceAccount: string,
  { virtualNodes = [], virtualGateways = [] }: ServiceAccountInput = {},
): ServiceAccount => ({
  meshName: ownName(mesh),
  meshOwner: mesh.meshOwner,
  serviceAccount,
  virtualNodes,
  virtualGateways,
});
