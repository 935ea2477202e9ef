import { entityTypes, type Kind, type Specs } from "@pulumi-appmesh/model";
import type { MeshChange, MeshSource } from "../source/mesh-source.js";
import type { Change, Store, Unsubscribe } from "../store/store.js";
import type { MeshEntities, MeshSettings } from "../translate/entities.js";
import { type Address, addressKey, childOf, ownName, parentOf, parseKey } from "./address.js";
import { Collection } from "./collection.js";
import { decodeEntity, type Entity } from "./entity.js";
import {
  decodeServiceAccounts,
  NO_SERVICE_ACCOUNTS,
  parseServiceAccountsKey,
  type ServiceAccountsOfMesh,
} from "./service-accounts.js";
import { DEFAULT_SETTINGS, decodeSettings, parseSettingsKey } from "./settings.js";
import { decodeShares, NO_SHARES, parseSharesKey, type Shares } from "./shares.js";

/**
 * All entities in memory, as of the latest revision of the store. Reads are of one revision as long as they are
 * made without waiting in between.
 */
export class MeshState implements MeshSource {
  readonly #account: string;
  #revision = 0;
  readonly #entities = new Map<string, Entity>();
  /** By the parent's key and the kind of the children; meshes by the kind alone. */
  readonly #collections = new Map<string, Collection>();
  /** Of each mesh that is shared, by its key. */
  readonly #shares = new Map<string, Shares>();
  /** Of each mesh whose owner has settled something, by its key. */
  readonly #settings = new Map<string, MeshSettings>();
  /** Of each mesh whose proxies run as Kubernetes service accounts, by its key. */
  readonly #serviceAccounts = new Map<string, ServiceAccountsOfMesh>();
  /** The meshes that an account owns, and those that are shared with it. */
  readonly #meshesSeen = new Map<string, Collection<Entity<"mesh">>>();
  readonly #meshesOwned = new Map<string, number>();
  readonly #listeners = new Set<(change: MeshChange) => void>();
  readonly #waiting = new Set<() => void>();

  private constructor(account: string) {
    this.#account = account;
  }

  /** Reads the whole store, and follows it from there on. */
  static async open(store: Store, account: string): Promise<MeshState> {
    const state = new MeshState(account);
    // Subscribed before it is read, so that no change falls in between.
    let early: Change[] | undefined = [];
    store.subscribe((change) => (early ? early.push(change) : state.#apply(change)));
    const { revision, records } = await store.load();
    state.#revision = revision;
    for (const [key, value] of records) state.#write(key, value);
    for (const change of early) state.#apply(change);
    early = undefined;
    return state;
  }

  /** The account that the control plane answers for, where a caller names no owner. */
  get account(): string {
    return this.#account;
  }

  get revision(): number {
    return this.#revision;
  }

  get<K extends Kind>(address: Address<K>): Entity<K> | undefined {
    return this.#entities.get(addressKey(address)) as Entity<K> | undefined;
  }

  /** The entities of a kind below a parent; of all owners' meshes where there is no parent. */
  children<K extends Kind>(parent: Address | undefined, kind: K): Collection<Entity<K>> {
    const key = collectionKey(parent, kind);
    return (this.#collections.get(key) ?? EMPTY) as unknown as Collection<Entity<K>>;
  }

  /** How many entities there are, by kind. */
  count(): Readonly<Record<Kind, number>> {
    const counts = Object.fromEntries(Object.keys(entityTypes).map((kind) => [kind, 0]));
    for (const { address } of this.#entities.values()) counts[address.kind] = (counts[address.kind] ?? 0) + 1;
    return counts as Record<Kind, number>;
  }

  /** The meshes that an account may see: its own, and those that are shared with it. */
  meshes(account: string): Collection<Entity<"mesh">> {
    return this.#meshesSeen.get(account) ?? (EMPTY as Collection<Entity<"mesh">>);
  }

  meshesOwned(account: string): number {
    return this.#meshesOwned.get(account) ?? 0;
  }

  /** Whether a mesh exists that an account may see. */
  sees(account: string, mesh: Address<"mesh">): boolean {
    return this.meshes(account).get(collectionIdOf(mesh)) !== undefined;
  }

  shares(mesh: Address<"mesh">): Shares {
    return this.#shares.get(addressKey(mesh)) ?? NO_SHARES;
  }

  settings(mesh: Address<"mesh">): MeshSettings {
    return this.#settings.get(addressKey(mesh)) ?? DEFAULT_SETTINGS;
  }

  serviceAccounts(mesh: Address<"mesh">): ServiceAccountsOfMesh {
    return this.#serviceAccounts.get(addressKey(mesh)) ?? NO_SERVICE_ACCOUNTS;
  }

  entities(meshName: string, meshOwner = this.#account): MeshEntities {
    return new MeshView(this, { kind: "mesh", meshOwner, names: [meshName] });
  }

  subscribe(listener: (change: MeshChange) => void): Unsubscribe {
    const subscription = (change: MeshChange) => listener(change);
    this.#listeners.add(subscription);
    return () => this.#listeners.delete(subscription);
  }

  /** Resolves once this state shows a revision; false where that takes longer than `milliseconds`. */
  async reached(revision: number, milliseconds: number): Promise<boolean> {
    if (this.#revision >= revision) return true;
    return new Promise((resolve) => {
      const settle = (reached: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(reached);
      };
      const check = () => this.#revision >= revision && settle(true);
      const timer = setTimeout(() => settle(false), milliseconds);
      this.#waiting.add(check);
    });
  }

  #apply(change: Change): void {
    if (change.revision <= this.#revision) return;
    this.#revision = change.revision;
    const changes = new Map<string, { meshName: string; meshOwner: string; reads: Set<string> }>();
    const noticed = ({ meshOwner, names: [meshName = ""] }: Address, read: string) => {
      const mesh = `${meshOwner}/${meshName}`;
      if (!changes.has(mesh)) changes.set(mesh, { meshName, meshOwner, reads: new Set() });
      changes.get(mesh)?.reads.add(read);
    };
    for (const { key, value } of change.writes) {
      const changed = this.#write(key, value);
      if (changed) noticed(changed.address, changed.read);
    }
    for (const { meshName, meshOwner, reads } of changes.values()) {
      for (const listener of [...this.#listeners]) listener({ meshName, meshOwner, reads: [...reads] });
    }
    for (const check of [...this.#waiting]) check();
  }

  /** Takes over one record, and returns what it is about and its read if what proxies are told may differ now. */
  #write(key: string, value: string | undefined): { address: Address; read: string } | undefined {
    const shared = parseSharesKey(key);
    if (shared) this.#writeShares(shared, value);
    const running = parseServiceAccountsKey(key);
    if (running) {
      if (value === undefined) this.#serviceAccounts.delete(addressKey(running));
      else this.#serviceAccounts.set(addressKey(running), decodeServiceAccounts(value));
      return undefined;
    }
    const settled = parseSettingsKey(key);
    if (settled)
      return this.#writeSettings(settled, value) ? { address: settled, read: "settings" } : undefined;
    const address = parseKey(key);
    if (!address) return undefined;
    const collectionId = collectionKey(parentOf(address), address.kind);
    const id = collectionIdOf(address);
    const before = this.#entities.get(key);
    if (value === undefined) {
      this.#entities.delete(key);
      const collection = this.#collections.get(collectionId);
      collection?.remove(id);
      if (collection?.size === 0) this.#collections.delete(collectionId);
      if (before?.address.kind === "mesh") this.#see(before as Entity<"mesh">, undefined);
      return before && { address, read: readName(address) };
    }
    let entity = decodeEntity(address, value);
    const same = before && JSON.stringify(before.spec) === JSON.stringify(entity.spec);
    if (same) entity = { ...entity, spec: before.spec };
    this.#entities.set(key, entity);
    const collection = this.#collections.get(collectionId) ?? new Collection();
    this.#collections.set(collectionId, collection);
    collection.put(id, entity);
    if (address.kind === "mesh") this.#see(before as Entity<"mesh"> | undefined, entity as Entity<"mesh">);
    return same ? undefined : { address, read: readName(address) };
  }

  /** A mesh has come, changed or gone. */
  #see(before: Entity<"mesh"> | undefined, after: Entity<"mesh"> | undefined): void {
    const { address } = (after ?? before) as Entity<"mesh">;
    const { meshOwner } = address;
    for (const account of [meshOwner, ...Object.keys(this.shares(address))]) {
      this.#show(account, address, after);
    }
    const owned = this.meshesOwned(meshOwner) + (after ? 1 : 0) - (before ? 1 : 0);
    if (owned === 0) this.#meshesOwned.delete(meshOwner);
    else this.#meshesOwned.set(meshOwner, owned);
  }

  #writeShares(address: Address<"mesh">, value: string | undefined): void {
    const before = this.shares(address);
    const after = value === undefined ? NO_SHARES : decodeShares(value);
    if (value === undefined) this.#shares.delete(addressKey(address));
    else this.#shares.set(addressKey(address), after);
    const mesh = this.get(address);
    for (const account of Object.keys(before)) {
      if (!Object.hasOwn(after, account)) this.#show(account, address, undefined);
    }
    for (const account of Object.keys(after)) this.#show(account, address, mesh);
  }

  /** Answers whether what proxies are told may differ now. */
  #writeSettings(address: Address<"mesh">, value: string | undefined): boolean {
    const before = this.settings(address);
    const after = value === undefined ? DEFAULT_SETTINGS : decodeSettings(value);
    if (JSON.stringify(before) === JSON.stringify(after)) return false;
    if (value === undefined) this.#settings.delete(addressKey(address));
    else this.#settings.set(addressKey(address), after);
    return true;
  }

  #show(account: string, address: Address<"mesh">, mesh: Entity<"mesh"> | undefined): void {
    const seen = this.#meshesSeen.get(account) ?? new Collection<Entity<"mesh">>();
    if (mesh) seen.put(collectionIdOf(address), mesh);
    else seen.remove(collectionIdOf(address));
    if (seen.size === 0) this.#meshesSeen.delete(account);
    else this.#meshesSeen.set(account, seen);
  }
}

const EMPTY = new Collection();

/** Meshes of different owners may have the same name. No name holds what is between them, which comes first in order. */
export const collectionIdOf = (address: Address): string =>
  address.kind === "mesh" ? `${ownName(address)}\0${address.meshOwner}` : ownName(address);

export const collectionKey = (parent: Address | undefined, kind: Kind): string =>
  parent ? `${addressKey(parent)} ${kind}` : kind;

/** As the reads of MeshEntities are named. */
function readName({ kind, names }: Address): string {
  switch (kind) {
    case "mesh":
      return "mesh";
    case "route":
      return `routes/${names[1]}`;
    case "gatewayRoute":
      return `gatewayRoutes/${names[1]}`;
    default:
      return `${kind}/${names[1]}`;
  }
}

/** One mesh, as translation reads it: always as of the latest change, and whether or not the mesh exists yet. */
class MeshView implements MeshEntities {
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
    return this.#state.children(childOf(this.#mesh, "virtualRouter", virtualRouterName), "route").named();
  }

  gatewayRoutes(virtualGatewayName: string) {
    return this.#state
      .children(childOf(this.#mesh, "virtualGateway", virtualGatewayName), "gatewayRoute")
      .named();
  }

  #spec<K extends Kind>(kind: K, name: string): Specs[K] | undefined {
    return this.#state.get(childOf(this.#mesh, kind, name))?.spec;
  }
}
