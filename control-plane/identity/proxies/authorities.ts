import { createHash, X509Certificate } from "node:crypto";
import type { Store } from "../../store/store.js";
import { type CertifiedKey, makeAuthority } from "../certificates.js";
import { IdentityError } from "../errors.js";
import { Records } from "../records.js";

/**
 * What an authority signs: `proxies`, the certificates by which proxies and the control plane know each other;
 * `workloads`, those by which proxies know each other. What one of them signs is nothing to those who ask for the other.
 */
export type Purpose = "proxies" | "workloads";
export const purposes: readonly Purpose[] = ["proxies", "workloads"];

/** What is known of an authority, without its key. Times are seconds since 1970. */
export interface Authority {
  /** The beginning of its certificate's SHA-256 fingerprint, in hexadecimal digits. */
  readonly authorityId: string;
  readonly purpose: Purpose;
  /** Whether new certificates are of this one. All are trusted. */
  readonly signs: boolean;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly certificate: string;
}

interface AuthorityRecord extends CertifiedKey {
  readonly purpose: Purpose;
  readonly signs: boolean;
  readonly createdAt: number;
}

interface Stored extends AuthorityRecord {
  readonly authority: Authority;
}

/** MeshState reads no keys of this form. */
const PREFIX = "identity/authorities/";
const DAY = 24 * 60 * 60 * 1000;
const YEARS_10 = 10 * 365 * DAY;

/**
 * The authorities of a control plane, as its store has them. To replace one without losing a connection: `create` another,
 * which is trusted at once; give it to all who hold what is trusted in files; `use` it; and `remove` the old one when
 * nothing that it has signed is in use.
 */
export class Authorities {
  readonly #records: Records<Stored>;
  readonly #now: () => number;

  private constructor(records: Records<Stored>, now: () => number) {
    this.#records = records;
    this.#now = now;
  }

  /** `now`: milliseconds since 1970. */
  static async open(store: Store, now: () => number = Date.now): Promise<Authorities> {
    const records = await Records.open(store, PREFIX, (authorityId, value): Stored => {
      const record = JSON.parse(value) as AuthorityRecord;
      const { purpose, signs, createdAt, certificate } = record;
      const expiresAt = new X509Certificate(certificate).validToDate.getTime() / 1000;
      return { ...record, authority: { authorityId, purpose, signs, createdAt, expiresAt, certificate } };
    });
    return new Authorities(records, now);
  }

  /** Calls back after each change of them. Returns what ends that. */
  onChanged(listener: () => void): () => void {
    return this.#records.onChanged(listener);
  }

  /** In the order in which they were created. */
  list(): Authority[] {
    return purposes.flatMap((purpose) => this.#of(purpose).map(({ authority }) => authority));
  }

  /** The certificates of all authorities of a purpose, in PEM. */
  trust(purpose: Purpose): string {
    return this.#of(purpose)
      .map(({ certificate }) => certificate)
      .join("");
  }

  /**
   * Has an authority that was made elsewhere be the first one, which signs, where there is none of its purpose yet.
   * Resolves to whether it is one of them.
   */
  async adopt(purpose: Purpose, given: CertifiedKey): Promise<boolean> {
    if (this.#of(purpose).length === 0) await this.#add(purpose, true, given);
    return this.#records.all.get(authorityIdOf(given.certificate))?.purpose === purpose;
  }

  /** The authority of which new certificates are; the first of its purpose is made when it is asked for. */
  async signer(purpose: Purpose): Promise<CertifiedKey> {
    if (this.#of(purpose).length === 0) await this.#add(purpose, true);
    const stored = this.#of(purpose);
    const { certificate, key } = (stored.find(({ signs }) => signs) ?? stored[0]) as Stored;
    return { certificate, key };
  }

  /** The id of the authority of which new certificates are; undefined where none has been asked for yet. */
  signerId(purpose: Purpose): string | undefined {
    const stored = this.#of(purpose);
    return (stored.find(({ signs }) => signs) ?? stored[0])?.authority.authorityId;
  }

  /** Makes another authority, which is trusted from now on, and signs nothing yet. */
  async create(purpose: Purpose): Promise<Authority> {
    await this.signer(purpose);
    return this.#add(purpose, false);
  }

  /** Has an authority sign from now on, in the place of the one that did. */
  use(authorityId: string): Promise<Authority> {
    return this.#records.change(() => {
      const { authority, ...record } = this.#stored(authorityId);
      const others = this.#of(record.purpose).filter(
        (other) => other.signs && other !== this.#stored(authorityId),
      );
      const result = { ...authority, signs: true };
      if (record.signs && others.length === 0) return { writes: [], result };
      return {
        writes: [
          this.#records.write(authorityId, { ...record, signs: true }),
          ...others.map(({ authority: other, ...otherRecord }) =>
            this.#records.write(other.authorityId, { ...otherRecord, signs: false }),
          ),
        ],
        result,
      };
    });
  }

  /** Trusts an authority no more: what it has signed is refused from now on. */
  remove(authorityId: string): Promise<Authority> {
    return this.#records.change(() => {
      const { authority } = this.#stored(authorityId);
      if (authority.signs) {
        throw new IdentityError(
          "ConflictException",
          `authority '${authorityId}' signs the certificates of ${authority.purpose}. Create and use another one first`,
        );
      }
      return { writes: [this.#records.write(authorityId, undefined)], result: authority };
    });
  }

  async #add(purpose: Purpose, first: boolean, given?: CertifiedKey): Promise<Authority> {
    const now = this.#now();
    const names = { proxies: "appmesh proxies", workloads: "appmesh workloads" };
    const made =
      given ??
      (await makeAuthority(`${names[purpose]} ${new Date(now).toISOString().slice(0, 10)}`, {
        notBefore: new Date(now - DAY / 24),
        notAfter: new Date(now + YEARS_10),
      }));
    const authorityId = authorityIdOf(made.certificate);
    const createdAt = now / 1000;
    return this.#records.change(() => {
      const [before] = this.#of(purpose);
      // Another replica was first.
      if (first && before) return { writes: [], result: before.authority };
      const { certificate } = made;
      return {
        writes: [this.#records.write(authorityId, { ...made, purpose, signs: first, createdAt })],
        result: {
          authorityId,
          purpose,
          signs: first,
          createdAt,
          expiresAt: new X509Certificate(certificate).validToDate.getTime() / 1000,
          certificate,
        },
      };
    });
  }

  #of(purpose: Purpose): Stored[] {
    return [...this.#records.all.values()]
      .filter((stored) => stored.purpose === purpose)
      .sort((a, b) => a.createdAt - b.createdAt || (a.certificate < b.certificate ? -1 : 1));
  }

  #stored(authorityId: string): Stored {
    const stored = this.#records.all.get(authorityId);
    if (stored) return stored;
    throw new IdentityError("NotFoundException", `there is no authority '${authorityId}'`);
  }
}

export const authorityIdOf = (certificate: string): string =>
  createHash("sha256").update(new X509Certificate(certificate).raw).digest("hex").slice(0, 16);
