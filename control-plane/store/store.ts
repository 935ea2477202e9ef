/**
 * What the control plane asks of a store. A store keeps text under keys and counts its revisions; it knows
 * nothing of meshes. Every implementation passes the same suite (store.suite.ts).
 */
export interface Store {
  /** Everything at one revision. Revision 0 is an empty store. */
  load(): Promise<Contents>;
  /**
   * Applies all writes as one change, if the store is still at revision `expected`, and returns the new
   * revision (`expected + 1`). When it resolves, the change survives a crash, and every subscriber has heard of it.
   * Throws RevisionConflict, with nothing written, where another writer was first, and StoreUnavailable, with
   * nothing written, where the store cannot be reached or written. A store behind a network also throws
   * CommitInDoubt, where no answer came, and ChangeTooLarge, with nothing written, for more than it can hold.
   */
  commit(expected: number, writes: readonly Write[]): Promise<number>;
  /**
   * Calls back for each change committed from now on, own and others', in revision order, none twice and none
   * left out. A listener must not throw: the change is already made.
   */
  subscribe(listener: (change: Change) => void): Unsubscribe;
  /** Finds out whether a commit would be stored now, without changing anything. Throws StoreUnavailable where not. */
  checkWritable(): Promise<void>;
  close(): Promise<void>;
}

/** A store whose whole contents can be replaced at once, for a backup that is brought back. */
export interface Replaceable {
  /**
   * Replaces everything by the records that `decide` answers, as one change: whoever reads or follows the store sees all of
   * it or nothing. `decide` is given what there is, and whether that is what an interrupted replacement left, which the
   * next one finishes; what it throws is thrown, with nothing changed. Returns the new revision, which is above every one before.
   */
  replace(
    decide: (before: ReadonlyMap<string, string>, isUnfinished: boolean) => ReadonlyMap<string, string>,
  ): Promise<number>;
  close(): Promise<void>;
}

export interface Contents {
  readonly revision: number;
  readonly records: ReadonlyMap<string, string>;
}

/** Puts a value under a key, or removes the key where the value is undefined. */
export interface Write {
  readonly key: string;
  readonly value: string | undefined;
}

export interface Change {
  readonly revision: number;
  readonly writes: readonly Write[];
}

export type Unsubscribe = () => void;

/** Another writer changed the store since the revision that a commit was based on: read again and retry. */
export class RevisionConflict extends Error {
  override readonly name = "RevisionConflict";
  constructor(
    readonly expected: number,
    readonly actual: number,
  ) {
    super(
      `the store is at revision ${actual}, not ${expected}: another writer was first; read again and retry`,
    );
  }
}

/** The store cannot be reached or written. Nothing of the change was applied. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}

/**
 * The change was sent, and no answer came in time: it may have been made, or be made a little later. `outcome` tells
 * whether it was, as soon as the store is heard again; undefined where that cannot be found out any more.
 */
export class CommitInDoubt extends Error {
  override readonly name = "CommitInDoubt";
  constructor(
    message: string,
    readonly outcome: Promise<boolean | undefined>,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** More than the store can take in one record or in one change. Nothing of it was applied. */
export class ChangeTooLarge extends Error {
  override readonly name = "ChangeTooLarge";
}

/** What turns some records into others. */
export function differences(from: ReadonlyMap<string, string>, to: ReadonlyMap<string, string>): Write[] {
  return [
    ...[...from.keys()].filter((key) => !to.has(key)).map((key) => ({ key, value: undefined })),
    ...[...to].filter(([key, value]) => from.get(key) !== value).map(([key, value]) => ({ key, value })),
  ];
}
