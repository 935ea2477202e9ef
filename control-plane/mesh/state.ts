import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import type { MeshChange, MeshSource } from "../source/mesh-source.js";
import type { Change, Store, Unsubscribe, Write } from "../store/store.js";
import { type Unreadable, UnreadableRecords, unreadableAs } from "../store/unreadable-records.js";
import type { MeshEntities, MeshSettings } from "../translate/entities.js";
import { type Address, addressKey, ownName, parentOf, parseKey } from "./address.js";
import { Collection } from "./collection.js";
import { decodeEntity, type Entity } from "./entity.js";
import { MeshError } from "./errors.js";
import { MeshView } from "./mesh-view.js";
import { Referrers } from "./referrers.js";
import {
  decodeServiceAccounts,
  NO_SERVICE_ACCOUNTS,
  parseServiceAccountsKey,
  type ServiceAccountsOfMesh,
  serviceAccountsKey,
} from "./service-accounts.js";
import { DEFAULT_SETTINGS, decodeSettings, parseSettingsKey, settingsKey } from "./settings.js";
import { decodeShares, NO_SHARES, parseSharesKey, type Shares, sharesKey } from "./shares.js";

/**
 * All entities in memory, as of the latest revision of the store. Reads are of one revision as long as they are
 * made without waiting in between. What is asked of a record that cannot be read is an InternalServerErrorException.
 */
export class MeshState implements MeshSource {
  readonly #account: string;
  readonly #unreadable: UnreadableRecords;
  #revision = 0;
  readonly #entities = new Map<string, Entity>();
  /** By the parent's key and the kind of the children; meshes by the kind alone. */
  readonly #collections = new Map<string, Collection>();
  readonly #referrers = new Referrers();
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

  private constructor(account: string, unreadable: UnreadableRecords) {
    this.#account = account;
    this.#unreadable = unreadable;
  }

  /** Reads the whole store, and follows it from there on. */
  static async open(store: Store, account: string, unreadable = new UnreadableRecords()): Promise<MeshState> {
    const state = new MeshState(account, unreadable);
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
    this.#check(addressKey(address));
    return this.known(address);
  }

  /** The same, and undefined where there is one that cannot be read. */
  known<K extends Kind>(address: Address<K>): Entity<K> | undefined {
    return this.#entities.get(addressKey(address)) as Entity<K> | undefined;
  }

  /** Throws where there is one of a kind below a parent that cannot be read: `children` leaves it out. */
  checkChildren(parent: Address, kind: Kind): void {
    failing(() => this.#unreadable.checkUnder(`${addressKey(parent)}/${kind}/`));
  }

  /** The records of a mesh that cannot be read. */
  unreadable(mesh: Address<"mesh">): readonly Unreadable[] {
    return this.#unreadable.list(`${addressKey(mesh)}/`);
  }

  /** Throws where writes would overwrite what cannot be read. */
  checkWrites(writes: readonly Write[]): void {
    failing(() => this.#unreadable.checkWrites(writes));
  }

  /** The entities of a kind below a parent; of all owners' meshes where there is no parent. */
  children<K extends Kind>(parent: Address | undefined, kind: K): Collection<Entity<K>> {
    const key = collectionKey(parent, kind);
    return (this.#collections.get(key) ?? EMPTY) as unknown as Collection<Entity<K>>;
  }

  /** Where the entities of one kind are that refer to this one and must not lose it, in the order of their names. */
  referrers(address: Address, by: Kind): Address[] {
    return this.#referrers.of(address, by);
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
    if (account === mesh.meshOwner) this.#check(addressKey(mesh));
    return this.meshes(account).get(collectionIdOf(mesh)) !== undefined;
  }

  shares(mesh: Address<"mesh">): Shares {
    this.#check(sharesKey(mesh));
    return this.#shares.get(addressKey(mesh)) ?? NO_SHARES;
  }

  settings(mesh: Address<"mesh">): MeshSettings {
    this.#check(settingsKey(mesh));
    return this.#settings.get(addressKey(mesh)) ?? DEFAULT_SETTINGS;
  }

  serviceAccounts(mesh: Address<"mesh">): ServiceAccountsOfMesh {
    this.#check(serviceAccountsKey(mesh));
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
    const wasUnreadable = this.#unreadable.has(key);
    if (value === undefined) this.#unreadable.forget(key);
    const shared = parseSharesKey(key);
    if (shared) {
      this.#writeShares(shared, this.#decoded(key, value, decodeShares) ?? NO_SHARES);
      return wasUnreadable || this.#unreadable.has(key) ? { address: shared, read: "shares" } : undefined;
    }
    const running = parseServiceAccountsKey(key);
    if (running) {
      const accounts = this.#decoded(key, value, decodeServiceAccounts);
      if (accounts === undefined) this.#serviceAccounts.delete(addressKey(running));
      else this.#serviceAccounts.set(addressKey(running), accounts);
      return wasUnreadable || this.#unreadable.has(key)
        ? { address: running, read: "serviceAccounts" }
        : undefined;
    }
    const settled = parseSettingsKey(key);
    if (settled)
      return this.#writeSettings(settled, value) || wasUnreadable
        ? { address: settled, read: "settings" }
        : undefined;
    const address = parseKey(key);
    if (!address) return undefined;
    const collectionId = collectionKey(parentOf(address), address.kind);
    const id = collectionIdOf(address);
    const before = this.#entities.get(key);
    let entity = this.#decoded(key, value, (text) => decodeEntity(address, text));
    if (entity === undefined) {
      this.#entities.delete(key);
      this.#referrers.change(before, undefined);
      const collection = this.#collections.get(collectionId);
      collection?.remove(id);
      if (collection?.size === 0) this.#collections.delete(collectionId);
      if (before?.address.kind === "mesh") this.#see(before as Entity<"mesh">, undefined);
      const isNews = before !== undefined || wasUnreadable || value !== undefined;
      return isNews ? { address, read: readName(address) } : undefined;
    }
    const same = before && JSON.stringify(before.spec) === JSON.stringify(entity.spec);
    if (same) entity = { ...entity, spec: before.spec };
    this.#entities.set(key, entity);
    this.#referrers.change(before, entity);
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
    for (const account of [meshOwner, ...Object.keys(this.#sharesKnown(address))]) {
      this.#show(account, address, after);
    }
    const owned = this.meshesOwned(meshOwner) + (after ? 1 : 0) - (before ? 1 : 0);
    if (owned === 0) this.#meshesOwned.delete(meshOwner);
    else this.#meshesOwned.set(meshOwner, owned);
  }

  #writeShares(address: Address<"mesh">, after: Shares): void {
    const before = this.#sharesKnown(address);
    if (after === NO_SHARES) this.#shares.delete(addressKey(address));
    else this.#shares.set(addressKey(address), after);
    const mesh = this.known(address);
    for (const account of Object.keys(before)) {
      if (!Object.hasOwn(after, account)) this.#show(account, address, undefined);
    }
    for (const account of Object.keys(after)) this.#show(account, address, mesh);
  }

  #sharesKnown(mesh: Address<"mesh">): Shares {
    return this.#shares.get(addressKey(mesh)) ?? NO_SHARES;
  }

  /** Answers whether what proxies are told may differ now. */
  #writeSettings(address: Address<"mesh">, value: string | undefined): boolean {
    const before = this.#settings.get(addressKey(address)) ?? DEFAULT_SETTINGS;
    const after = this.#decoded(settingsKey(address), value, decodeSettings);
    const isUnreadable = value !== undefined && after === undefined;
    if (!isUnreadable && JSON.stringify(before) === JSON.stringify(after ?? DEFAULT_SETTINGS)) return false;
    if (after === undefined) this.#settings.delete(addressKey(address));
    else this.#settings.set(addressKey(address), after);
    return true;
  }

  #decoded<T>(key: string, value: string | undefined, decode: (value: string) => T): T | undefined {
    return value === undefined ? undefined : this.#unreadable.read(key, value, decode);
  }

  #check(key: string): void {
    failing(() => this.#unreadable.check(key));
  }

  #show(account: string, address: Address<"mesh">, mesh: Entity<"mesh"> | undefined): void {
    const seen = this.#meshesSeen.get(account) ?? new Collection<Entity<"mesh">>();
    if (mesh) seen.put(collectionIdOf(address), mesh);
    else seen.remove(collectionIdOf(address));
    if (seen.size === 0) this.#meshesSeen.delete(account);
    else this.#meshesSeen.set(account, seen);
  }
}

/** Callers are told of a record that cannot be read as of a fault of the control plane. */
const failing = (check: () => void): void => unreadableAs(MeshError, check);

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
