import { accountId, formatViolation, validate } from "@pulumi-appmesh/model";
import { type Address, ownName } from "./address.js";
import type { Caller } from "./caller.js";
import { MeshError } from "./errors.js";
import { ownMesh } from "./rules/access.js";
import { encodeShares, type Shares } from "./shares.js";
import type { MeshState } from "./state.js";
import type { Transactions } from "./transactions.js";

/** With whom a mesh is shared. */
export interface Share {
  readonly meshName: string;
  readonly meshOwner: string;
  readonly account: string;
  /** Seconds since 1970. */
  readonly sharedAt: number;
}

export interface SharingOptions {
  readonly state: MeshState;
  readonly transactions: Transactions;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * Sharing of meshes with other accounts, for which App Mesh had AWS Resource Access Manager. All of it is for the
 * mesh's owner alone; a mesh of another account is not there.
 */
export class Sharing {
  readonly #state: MeshState;
  readonly #transactions: Transactions;
  readonly #now: () => number;

  constructor({ state, transactions, now = Date.now }: SharingOptions) {
    this.#state = state;
    this.#transactions = transactions;
    this.#now = now;
  }

  /** In the order of the accounts. */
  list(caller: Caller, meshName: string): readonly Share[] {
    const mesh = ownMesh(this.#state, caller, meshName);
    const shares = this.#state.shares(mesh);
    return Object.keys(shares)
      .sort()
      .map((account) => share(mesh, account, shares));
  }

  get(caller: Caller, meshName: string, account: string): Share {
    return this.#find(ownMesh(this.#state, caller, meshName), account);
  }

  /** Shares a mesh; one that is shared already stays so, since when it was. */
  share(caller: Caller, meshName: string, account: string): Promise<Share> {
    return this.#transactions.run(caller, () => {
      const mesh = ownMesh(this.#state, caller, meshName);
      checkAccount(account, caller);
      const before = this.#state.shares(mesh);
      if (Object.hasOwn(before, account)) return { writes: [], result: share(mesh, account, before) };
      const after = { ...before, [account]: this.#now() / 1000 };
      return this.#decision("ShareMesh", mesh, before, after, share(mesh, account, after));
    });
  }

  /** Ends a share. What the account has created in the mesh stays, for the mesh's owner to see and delete. */
  unshare(caller: Caller, meshName: string, account: string): Promise<Share> {
    return this.#transactions.run(caller, () => {
      const mesh = ownMesh(this.#state, caller, meshName);
      const ended = this.#find(mesh, account);
      const before = this.#state.shares(mesh);
      const { [account]: _, ...after } = before;
      return this.#decision("UnshareMesh", mesh, before, after, ended);
    });
  }

  #decision(operation: string, mesh: Address<"mesh">, before: Shares, after: Shares, result: Share) {
    const sharedWith = (shares: Shares) => ({ sharedWith: Object.keys(shares).sort() });
    const change = { operation, address: mesh, before: sharedWith(before), after: sharedWith(after) };
    return { writes: [encodeShares(mesh, after)], result, change };
  }

  #find(mesh: Address<"mesh">, account: string): Share {
    const shares = this.#state.shares(mesh);
    if (Object.hasOwn(shares, account)) return share(mesh, account, shares);
    throw new MeshError(
      "NotFoundException",
      `Mesh ${ownName(mesh)} of account ${mesh.meshOwner} is not shared with account ${account}`,
    );
  }
}

const share = (mesh: Address<"mesh">, account: string, shares: Shares): Share => ({
  meshName: ownName(mesh),
  meshOwner: mesh.meshOwner,
  account,
  sharedAt: shares[account] as number,
});

function checkAccount(account: string, caller: Caller): void {
  const [violation] = validate(accountId, account, { path: ["account"] });
  if (violation) throw new MeshError("BadRequestException", formatViolation(violation));
  if (account === caller.account) {
    throw new MeshError(
      "BadRequestException",
      `account: "${account}" was given, which owns the mesh; another account is allowed.`,
    );
  }
}
