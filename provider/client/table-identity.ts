import { authorityPlaces } from "@pulumi-appmesh/control-plane/authorities/places.js";
import { describeKey } from "@pulumi-appmesh/control-plane/identity/access-key.js";
import { AccessKeys } from "@pulumi-appmesh/control-plane/identity/access-keys.js";
import { AuthorityAway } from "@pulumi-appmesh/control-plane/identity/issuer.js";
import { describeIdentity, issueInput } from "@pulumi-appmesh/control-plane/identity/proxies/issued.js";
import { ProxyIdentities } from "@pulumi-appmesh/control-plane/identity/proxies/proxy-identities.js";
import { CertificateError } from "@pulumi-appmesh/control-plane/identity/server-certificate.js";
import type { Caller } from "@pulumi-appmesh/control-plane/mesh/caller.js";
import type { Operations } from "@pulumi-appmesh/control-plane/mesh/operations.js";
import { checkProves, provesAs } from "@pulumi-appmesh/control-plane/mesh/proxy-owners.js";
import type { TableOwner } from "@pulumi-appmesh/control-plane/store/dynamodb/owner.js";
import type { Store } from "@pulumi-appmesh/control-plane/store/store.js";
import { ApiError, ControlPlaneError } from "./errors.js";

export type KeyOperation = "issueKey" | "keys" | "describeKey" | "revokeKey";
export type IdentityOperation = "issueIdentity" | "identities" | "revokeIdentity";

export interface TableIdentityOptions {
  readonly store: Store;
  readonly operations: Operations;
  readonly owner: TableOwner;
}

/** Access keys and proxies' identities, as control planes have them, on their table. */
export class TableIdentity {
  private constructor(
    private readonly keys: AccessKeys,
    private readonly proxies: ProxyIdentities,
    private readonly options: TableIdentityOptions,
  ) {}

  static async open(options: TableIdentityOptions): Promise<TableIdentity> {
    const { store, owner } = options;
    const { account, hasOwnKey: hasInitial = false, trustDomain = "" } = owner;
    const keys = await AccessKeys.open(store, { account, hasInitial });
    // An authority whose key is not in the table signs for whoever runs this, if it may.
    const proxies = await ProxyIdentities.open(store, {
      account,
      trustDomain,
      authorityPlaces: authorityPlaces(),
    });
    return new TableIdentity(keys, proxies, options);
  }

  /** Answers as the API does. */
  async ofKeys(name: KeyOperation, accessKeyId: string, body: unknown): Promise<unknown> {
    const { keys } = this;
    const shown = (key: Parameters<typeof describeKey>[0]) => describeKey(key, keys.seconds());
    switch (name) {
      case "issueKey": {
        const { key, secretAccessKey } = await keys.create(body);
        return { accessKey: { ...shown(key), secretAccessKey } };
      }
      case "keys":
        return { accessKeys: keys.list().map(shown) };
      case "describeKey":
        return { accessKey: shown(await keys.describe(accessKeyId, body)) };
      case "revokeKey":
        return { accessKey: shown(await keys.revoke(accessKeyId)) };
    }
  }

  /** Answers as the API does. */
  async ofIdentities(
    name: IdentityOperation,
    caller: Caller,
    { meshOwner, names: [meshName = "", identityId = ""] }: MeshAddress,
    body: unknown,
  ): Promise<unknown> {
    const { proxies } = this;
    const { operations } = this.options;
    const mesh = { meshName, meshOwner };
    const account = provesAs(operations, caller, mesh);
    const shown = (identity: Parameters<typeof describeIdentity>[0]) =>
      describeIdentity(identity, proxies.seconds());
    switch (name) {
      case "issueIdentity": {
        const { kind, proxy } = issueInput(mesh, body);
        checkProves(operations, caller, proxy);
        if (kind === "certificate") this.#checkTrustDomain();
        const { identity, ...secrets } = await inWords(proxies.issue(mesh, body, account));
        return { identity: shown(identity), ...secrets };
      }
      case "identities":
        return { identities: proxies.list(mesh, account).map(shown) };
      case "revokeIdentity":
        return { identity: shown(await proxies.revoke(mesh, identityId, account)) };
    }
  }

  /** Proxies are named by it in their certificates: another would be refused. */
  #checkTrustDomain(): void {
    if (this.options.owner.trustDomain !== undefined) return;
    throw new ApiError(
      "ConflictException",
      409,
      "no control plane has told the table in which trust domain the certificates of proxies are. Start one on it (appmesh serve " +
        "--table), of this version or a later one, or issue tokens, which need none",
    );
  }
}

/** An authority elsewhere may be away for now, or of no use to whoever runs this. */
async function inWords<T>(issuing: Promise<T>): Promise<T> {
  try {
    return await issuing;
  } catch (error) {
    if (error instanceof AuthorityAway) throw new ControlPlaneError(error.message, { cause: error });
    if (error instanceof CertificateError) throw new ApiError("ConflictException", 409, error.message);
    throw error;
  }
}

interface MeshAddress {
  readonly meshOwner: string;
  readonly names: readonly string[];
}
