import { createHash, X509Certificate } from "node:crypto";
import { MalformedRecord, readRecord } from "../../store/record-value.js";
import type { Store } from "../../store/store.js";
import type { UnreadableRecords } from "../../store/unreadable-records.js";
import { type CertifiedKey, makeAuthority } from "../certificates.js";
import { IdentityError } from "../errors.js";
import {
  AuthorityAway,
  type AuthorityPlaces,
  type Issuer,
  issuerOf,
  type PlacedAuthority,
  type PlacedCertificates,
  withinLife,
} from "../issuer.js";
import { Records } from "../records.js";
import { CertificateError } from "../server-certificate.js";
import { type Purpose, purposes } from "./purpose.js";

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
  /** Where its key is: an ARN of AWS, or files. Absent where the store has it. */
  readonly place?: string;
}

/** Of an authority whose key is not in the store, nothing that is secret is either. */
type AuthorityRecord = {
  readonly purpose: Purpose;
  readonly signs: boolean;
  readonly createdAt: number;
} & (CertifiedKey | (PlacedCertificates & { readonly place: string }));

type Stored = AuthorityRecord & { readonly authority: Authority };

/** MeshState reads no keys of this form. */
const PREFIX = "identity/authorities/";
const DAY = 24 * 60 * 60 * 1000;
const YEARS_10 = 10 * 365 * DAY;
const names: Readonly<Record<Purpose, string>> = {
  proxies: "appmesh proxies",
  workloads: "appmesh workloads",
};

/**
 * The authorities of a control plane, as its store has them. To replace one without losing a connection: `create` another,
 * which is trusted at once; give it to all who hold what is trusted in files; `use` it; and `remove` the old one when
 * nothing that it has signed is in use.
 */
export class Authorities {
  readonly #records: Records<Stored>;
  readonly #now: () => number;
  readonly #places: AuthorityPlaces | undefined;
  /** Those whose keys are elsewhere, by their ids. */
  readonly #opened = new Map<string, Promise<PlacedAuthority>>();
  /** Where the operator wants the keys of new authorities to be. */
  readonly #wanted = new Map<Purpose, string>();

  private constructor(records: Records<Stored>, now: () => number, places: AuthorityPlaces | undefined) {
    this.#records = records;
    this.#now = now;
    this.#places = places;
  }

  /** `now`: milliseconds since 1970. */
  static async open(
    store: Store,
    now: () => number = Date.now,
    places?: AuthorityPlaces,
    unreadable?: UnreadableRecords,
  ): Promise<Authorities> {
    const decode = (authorityId: string, value: string): Stored => {
      const record = decodeAuthority(value);
      return { ...record, authority: describe(authorityId, record) };
    };
    const records = await Records.open(store, PREFIX, decode, unreadable);
    return new Authorities(records, now, places);
  }

  /** Calls back after each change of them. Returns what ends that. */
  onChanged(listener: () => void): () => void {
    return this.#records.onChanged(listener);
  }

  /** In the order in which they were created. */
  list(): Authority[] {
    return purposes.flatMap((purpose) => this.#of(purpose).map(({ authority }) => authority));
  }

  /** Whether these are all: there may be further ones in records that cannot be read. */
  get areAll(): boolean {
    return this.#records.size === this.#records.all.size;
  }

  /** The certificates of all authorities of a purpose, in PEM. */
  trust(purpose: Purpose): string {
    return this.#of(purpose).map(anchorOf).join("");
  }

  /**
   * Has the authority at a place be one of a purpose: trusted from now on by all control planes of the store, and the one
   * that signs where it is the first. Rejects with a CertificateError where it cannot be used. One that is known and only
   * away for now is told to `away`, and asked again when something is to be signed.
   */
  async register(
    purpose: Purpose,
    place: string,
    away: (error: AuthorityAway) => void = () => {},
  ): Promise<Authority> {
    this.#wanted.set(purpose, place);
    const known = this.#of(purpose).findLast((stored) => "place" in stored && stored.place === place);
    let found: PlacedAuthority;
    try {
      found = await this.#openPlace(purpose, place, known && "place" in known ? known : undefined);
    } catch (error) {
      if (known === undefined || !(error instanceof AuthorityAway)) throw error;
      away(error);
      return known.authority;
    }
    const { certificate, issuers, anchor } = found;
    const authorityId = authorityIdOf(certificate);
    const registered = await this.#records.change(() => {
      const same = this.#of(purpose).find(
        ({ authority }) =>
          authority.authorityId === authorityId || (known === undefined && authority.place === place),
      );
      if (same) return { writes: [], result: same.authority };
      const other = [...this.#records.all.values()].find(
        (stored) => stored.purpose !== purpose && anchorOf(stored) === anchor,
      );
      if (other) {
        throw new CertificateError(
          `the authority at ${place} is below the same root as that of ${other.purpose}: what one of them signs would be taken ` +
            `for what the other does. Give ${purpose} another one`,
        );
      }
      if (this.#of(purpose).length === 0) this.#records.checkAll();
      const record: AuthorityRecord = {
        ...{ certificate, issuers, anchor, place, purpose },
        signs: this.#of(purpose).length === 0,
        createdAt: this.#now() / 1000,
      };
      return {
        writes: [this.#records.write(authorityId, record)],
        result: describe(authorityId, record),
      };
    });
    // Where another control plane has made the certificate of a key at the same time, that one is it.
    if (registered.authorityId === authorityId) this.#opened.set(authorityId, Promise.resolve(found));
    return registered;
  }

  /** The authority of which new certificates are; the first of its purpose is made when it is asked for. */
  async signer(purpose: Purpose): Promise<Issuer> {
    if (this.#of(purpose).length === 0) {
      // One that cannot be read is none in whose place another is made.
      this.#records.checkAll();
      await this.#add(purpose, true);
    }
    const stored = this.#of(purpose);
    const signer = (stored.find(({ signs }) => signs) ?? stored[0]) as Stored;
    if ("key" in signer) return issuerOf(signer);
    const { certificate, issuers } = signer;
    return {
      certificate,
      issue: async (options) => {
        const placed = await this.#placed(signer);
        return { ...(await placed.issue(withinLife(options, certificate))), issuers: issuersOf(signer) };
      },
    };
    function issuersOf({ anchor }: PlacedCertificates): string {
      return anchor === certificate ? "" : certificate + issuers;
    }
  }

  /** The id of the authority of which new certificates are; undefined where none has been asked for yet. */
  signerId(purpose: Purpose): string | undefined {
    const stored = this.#of(purpose);
    return (stored.find(({ signs }) => signs) ?? stored[0])?.authority.authorityId;
  }

  /** Makes another authority, which is trusted from now on, and signs nothing yet. */
  async create(purpose: Purpose): Promise<Authority> {
    const place = this.#wanted.get(purpose);
    if (place !== undefined) {
      throw new IdentityError(
        "ConflictException",
        `keys of authorities of ${purpose} are not to be in the store: the control plane was started with --authority ` +
          `${purpose}=${place}. Start it with another place to have the authority there trusted, and then use that`,
      );
    }
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

  async #add(purpose: Purpose, first: boolean): Promise<Authority> {
    const now = this.#now();
    const made = await makeAuthority(this.#nameOf(purpose), {
      notBefore: new Date(now - DAY / 24),
      notAfter: new Date(now + YEARS_10),
    });
    const authorityId = authorityIdOf(made.certificate);
    const createdAt = now / 1000;
    return this.#records.change(() => {
      const [before] = this.#of(purpose);
      // Another replica was first.
      if (first && before) return { writes: [], result: before.authority };
      const record = { ...made, purpose, signs: first, createdAt };
      return {
        writes: [this.#records.write(authorityId, record)],
        result: describe(authorityId, record),
      };
    });
  }

  #nameOf = (purpose: Purpose): string =>
    `${names[purpose]} ${new Date(this.#now()).toISOString().slice(0, 10)}`;

  /** One that cannot be opened is tried again the next time. */
  #placed(stored: PlacedCertificates & { readonly place: string; readonly authority: Authority }) {
    const { authorityId, purpose } = stored.authority;
    const known = this.#opened.get(authorityId);
    if (known) return known;
    const opening = this.#openPlace(purpose, stored.place, stored).then((found) => {
      if (found.certificate === stored.certificate) return found;
      throw new CertificateError(
        `at ${stored.place} there is another authority by now than '${authorityId}', which signs: put that back, or use the other ` +
          "one, by appmesh identities use-authority",
      );
    });
    this.#opened.set(authorityId, opening);
    opening.catch(() => this.#opened.delete(authorityId));
    return opening;
  }

  #openPlace(
    purpose: Purpose,
    place: string,
    known: PlacedCertificates | undefined,
  ): Promise<PlacedAuthority> {
    if (this.#places) return this.#places.open(place, this.#nameOf(purpose), known);
    throw new CertificateError(
      `the key of an authority of ${purpose} is at ${place}, which cannot be opened here`,
    );
  }

  #of(purpose: Purpose): Stored[] {
    return [...this.#records.all.values()]
      .filter((stored) => stored.purpose === purpose)
      .sort((a, b) => a.createdAt - b.createdAt || (a.certificate < b.certificate ? -1 : 1));
  }

  #stored(authorityId: string): Stored {
    const stored = this.#records.all.get(authorityId);
    if (stored) return stored;
    this.#records.check(authorityId);
    throw new IdentityError("NotFoundException", `there is no authority '${authorityId}'`);
  }
}

const anchorOf = (record: AuthorityRecord): string =>
  "anchor" in record ? record.anchor : record.certificate;

/** Throws MalformedRecord for what is none. */
function decodeAuthority(value: string): AuthorityRecord {
  const record = readRecord(value, {
    ...{ purpose: "string", signs: "boolean", createdAt: "number", certificate: "string" },
    ...{ place: "string?", key: "string?", issuers: "string?", anchor: "string?" },
  }) as AuthorityRecord;
  const hasKey = "key" in record || ("place" in record && "anchor" in record && "issuers" in record);
  if (!hasKey || !purposes.includes(record.purpose)) {
    throw new MalformedRecord("it has no key, and no place of one, or a purpose that is not known here");
  }
  return record;
}

function describe(authorityId: string, record: AuthorityRecord): Authority {
  const { purpose, signs, createdAt, certificate } = record;
  const expiresAt = new X509Certificate(certificate).validToDate.getTime() / 1000;
  const place = "place" in record ? { place: record.place } : {};
  return { authorityId, purpose, signs, createdAt, expiresAt, certificate, ...place };
}

export const authorityIdOf = (certificate: string): string =>
  createHash("sha256").update(new X509Certificate(certificate).raw).digest("hex").slice(0, 16);
