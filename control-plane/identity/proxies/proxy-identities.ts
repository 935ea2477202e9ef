import { randomUUID, X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, SignJWT } from "jose";
import { MalformedRecord, readRecord } from "../../store/record-value.js";
import type { Store } from "../../store/store.js";
import type { UnreadableRecords } from "../../store/unreadable-records.js";
import { IdentityError } from "../errors.js";
import type { AuthorityPlaces } from "../issuer.js";
import { callOf, type IssuingCall, issuedBefore } from "../issuing-call.js";
import { type Decision, Records } from "../records.js";
import { Authorities } from "./authorities.js";
import { proofOfCertificate } from "./client-certificate.js";
import {
  checked,
  type IssuedIdentity,
  issueInput,
  LONGEST_LIFE,
  RevokeCertificateInput,
  revokeInput,
} from "./issued.js";
import { type Proof, ProofError } from "./proof.js";
import { formatProxy, isSameProxy, type ProxyName, parseProxy, spiffeId } from "./proxy-name.js";
import {
  expired,
  type ServiceAccountOptions,
  ServiceAccountTokens,
  skewSeconds,
} from "./service-accounts.js";
import { TokenKeys } from "./token-keys.js";

export interface ProxyIdentitiesOptions {
  /** The control plane's own. */
  readonly account: string;
  /** The host part of SPIFFE ids. */
  readonly trustDomain: string;
  /** Whose tokens are taken beside the control plane's own. Default: nobody's. */
  readonly serviceAccounts?: ServiceAccountOptions | undefined;
  /** Whether the proxies of a virtual node or gateway run as a service account, by its NAMESPACE:NAME. Default: none do. */
  readonly runsAs?: (proxy: ProxyName, serviceAccount: string) => boolean;
  /** The account that has created a virtual node or gateway; undefined where it is not there. Default: nothing is. */
  readonly ownerOf?: (proxy: ProxyName) => string | undefined;
  /** Where keys of authorities may be beside the store. Default: nowhere. */
  readonly authorityPlaces?: AuthorityPlaces | undefined;
  /** Further authorities whose certificates are taken, in PEM, one each. Default: none. */
  readonly furtherTrust?: () => readonly string[];
  /** How many proofs, and how many that were taken back, are kept of all meshes. Default: 40,000 of each. */
  readonly most?: number;
  /** How many of those are of one mesh, so that whoever may change that leaves room for the others. Default: 10,000. */
  readonly mostOfMesh?: number;
  /** Hears of records that cannot be read: whom they are about is not let in. */
  readonly unreadable?: UnreadableRecords | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** A proof that was just issued: the only time that it is told. */
export interface Issued {
  readonly identity: IssuedIdentity;
  /** The authorities by which the control plane can be known, in PEM. */
  readonly trust: string;
  /** PEM. */
  readonly certificate?: string;
  /** PEM. */
  readonly privateKey?: string;
  readonly token?: string;
}

/** What a client has shown when it opened a stream. */
export interface Shown {
  /** Its connection, where that is one of TLS. */
  readonly tls: TLSSocket | undefined;
  /** The header of this name. */
  readonly authorization: string | undefined;
}

interface MeshName {
  readonly meshName: string;
  readonly meshOwner: string;
}

interface IssuedRecord extends Omit<IssuedIdentity, "identityId" | "proxy"> {
  readonly proxy: string;
  readonly call?: IssuingCall | undefined;
}
type StoredRecord = Partial<IssuedRecord>;

/** MeshState reads no keys of this form. */
const PREFIX = "identity/proxies/";
const MOST = 40_000;
const MOST_OF_MESH = 10_000;
const HOUR = 60 * 60;
const AUDIENCE = "appmesh-xds";

/** Who proxies are: the proofs that a control plane issues, takes back, and checks. */
export class ProxyIdentities {
  readonly authorities: Authorities;
  readonly tokenKeys: TokenKeys;
  readonly #records: Records<StoredRecord>;
  readonly #options: ProxyIdentitiesOptions;
  readonly #serviceAccounts: ServiceAccountTokens | undefined;
  readonly #now: () => number;
  #trusted: { readonly text: string; readonly certificates: readonly X509Certificate[] } | undefined;

  private constructor(
    authorities: Authorities,
    tokenKeys: TokenKeys,
    records: Records<StoredRecord>,
    options: ProxyIdentitiesOptions,
  ) {
    this.authorities = authorities;
    this.tokenKeys = tokenKeys;
    this.#records = records;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#serviceAccounts = options.serviceAccounts && new ServiceAccountTokens(options.serviceAccounts);
  }

  static async open(store: Store, options: ProxyIdentitiesOptions): Promise<ProxyIdentities> {
    const { now, unreadable } = options;
    const authorities = await Authorities.open(store, now, options.authorityPlaces, unreadable);
    const tokenKeys = await TokenKeys.open(store, now, unreadable);
    const records = await Records.open(store, PREFIX, decodeRecord, unreadable);
    return new ProxyIdentities(authorities, tokenKeys, records, options);
  }

  /** Calls back whenever what was believed may be so no longer, or the other way round. */
  onChanged(listener: () => void): void {
    this.#records.onChanged(listener);
    this.authorities.onChanged(listener);
    this.tokenKeys.onChanged(listener);
  }

  seconds(): number {
    return this.#now() / 1000;
  }

  /**
   * Issues what `body`, an IssueIdentityInput, asks for. Nothing of it that is secret is kept. `account`: the one that has
   * created the virtual node in another's mesh; what is issued is a proof of it only as long as the virtual node is its.
   * A call that is repeated takes back what it has issued before.
   */
  async issue(mesh: MeshName, body: unknown, account?: string): Promise<Issued> {
    const { kind, proxy, expiresInSeconds, clientToken } = issueInput(mesh, body);
    const ofCall = callOf(clientToken, this.seconds());
    const createdAt = Math.floor(this.seconds());
    const until = createdAt + expiresInSeconds;
    const made =
      kind === "token"
        ? await this.#token(proxy, createdAt, until)
        : await this.#certificate(proxy, createdAt, until);
    // Who asks for a token alone must know the control plane, too.
    await this.authorities.signer("proxies");
    const { identityId, expiresAt, ...secrets } = made;
    const ofAccount = account === undefined ? {} : { account };
    const identity = { identityId, kind, proxy, ...ofAccount, createdAt, expiresAt };
    const record = { kind, proxy: formatProxy(proxy), ...ofAccount, createdAt, expiresAt, ...ofCall };
    await this.#records.change(() => ({
      writes: [
        ...this.#room("issued/", { mesh }),
        ...this.#repeated(record),
        this.#records.write(`issued/${identityId}`, record),
      ],
      result: undefined,
    }));
    return { identity, ...secrets, trust: this.authorities.trust("proxies") };
  }

  /** What was issued to the proxies of a mesh, or of an account in it, and has not ended, in the order in which it was. */
  list({ meshName, meshOwner }: MeshName, account?: string): IssuedIdentity[] {
    return this.#issued()
      .filter(({ proxy }) => proxy.meshName === meshName && proxy.meshOwner === meshOwner)
      .filter((identity) => account === undefined || identity.account === account)
      .sort((a, b) => a.createdAt - b.createdAt || (a.identityId < b.identityId ? -1 : 1));
  }

  /** Takes back what was issued to a proxy of a mesh, or of an account in it. */
  revoke(mesh: MeshName, identityId: string, account?: string): Promise<IssuedIdentity> {
    return this.#records.change((): Decision<IssuedIdentity> => {
      const found = this.list(mesh, account).find((identity) => identity.identityId === identityId);
      if (!found) {
        this.#records.check(`issued/${identityId}`);
        throw new IdentityError(
          "NotFoundException",
          `nothing of the id '${identityId}' was issued to a proxy of mesh ${mesh.meshName}`,
        );
      }
      if (found.revokedAt !== undefined) return { writes: [], result: found };
      const revokedAt = this.seconds();
      const { proxy, identityId: id, ...record } = found;
      const write = this.#records.write(`issued/${id}`, { ...record, proxy: formatProxy(proxy), revokedAt });
      return { writes: [write], result: { ...found, revokedAt } };
    });
  }

  /** Takes back whatever a virtual node or gateway, as `body`, a RevokeProxyInput, names it, could show so far. */
  revokeProxy(
    mesh: MeshName,
    body: unknown,
  ): Promise<{ readonly proxy: ProxyName; readonly revokedAt: number }> {
    const proxy = revokeInput(mesh, body);
    const name = `proxies/${formatProxy(proxy)}`;
    return this.#records.change(() => {
      const revokedAt = this.seconds();
      return {
        writes: [
          ...this.#room("proxies/", { mesh, more: this.#records.all.has(name) ? 0 : 1 }),
          this.#records.write(name, { ...this.#records.all.get(name), revokedAt }),
        ],
        result: { proxy, revokedAt },
      };
    });
  }

  /** Refuses a certificate of another authority, as `body`, a RevokeCertificateInput, names it. */
  revokeCertificate(body: unknown): Promise<{ readonly serialNumber: string; readonly revokedAt: number }> {
    const serialNumber = checked(RevokeCertificateInput, body)
      .serialNumber.toLowerCase()
      .replace(/^0+(?=.)/, "");
    return this.#records.change(() => {
      const revokedAt = this.#records.all.get(`certificates/${serialNumber}`)?.revokedAt;
      if (revokedAt !== undefined) return { writes: [], result: { serialNumber, revokedAt } };
      const now = this.seconds();
      return {
        writes: [
          ...this.#room("certificates/"),
          this.#records.write(`certificates/${serialNumber}`, { revokedAt: now }),
        ],
        result: { serialNumber, revokedAt: now },
      };
    });
  }

  /** What the names of the proxies of a mesh begin with in their certificates. */
  namesOf(meshName: string, meshOwner = this.#options.account): string {
    const { trustDomain, account } = this.#options;
    return spiffeId({ meshName, meshOwner, kind: "virtualNode", name: "" }, trustDomain, account).replace(
      /virtualNode\/$/,
      "",
    );
  }

  /** What clients may be signed by, in PEM. */
  trust(): string[] {
    return [this.authorities.trust("proxies"), ...(this.#options.furtherTrust?.() ?? [])].filter(Boolean);
  }

  /** What a client has shown, if that is genuine; undefined where it has shown nothing. Throws ProofError. */
  async prove({ tls, authorization }: Shown): Promise<Proof | undefined> {
    const { trustDomain, account } = this.#options;
    const context = { trustDomain, account, trusted: () => this.#trusts() };
    const proof =
      (tls && proofOfCertificate(tls, context)) ?? (await this.#proofOfToken(tokenIn(authorization)));
    if (proof) this.#checkValid(proof);
    return proof;
  }

  /** Throws ProofError where a proof is none of this proxy, or none any more. */
  check(proof: Proof, proxy: ProxyName): void {
    this.#checkValid(proof);
    const own = proof.proxies?.find((name) => isSameProxy(name, proxy));
    const isOwn = proof.proxies ? own !== undefined : this.#options.runsAs?.(proxy, proof.id);
    if (!isOwn) {
      const shown = proof.proxies
        ? `what it has shown is a proof of ${proof.proxies.map(formatProxy).join(", ")}`
        : `service account ${proof.id} is not one that it runs as, by the mesh's service accounts`;
      throw new ProofError("denied", `the proxy is not one of ${formatProxy(proxy)}: ${shown}`);
    }
    this.#checkReadable(`proxies/${formatProxy(proxy)}`);
    const account = this.#records.all.get(`issued/${proof.id}`)?.account;
    if (account !== undefined && this.#options.ownerOf?.(proxy) !== account) {
      throw new ProofError(
        "denied",
        `the proxy is not one of ${formatProxy(proxy)} of account ${account}, which what it has shown is a proof of`,
      );
    }
    const revoked = this.#records.all.get(`proxies/${formatProxy(proxy)}`)?.revokedAt;
    if (revoked !== undefined && this.#issuedAt(proof) <= revoked) throw revokedError;
  }

  #checkValid(proof: Proof): void {
    if (proof.expiresAt <= this.seconds()) {
      throw proof.kind === "certificate"
        ? new ProofError("unauthenticated", "the proxy's certificate has expired")
        : expired;
    }
    const id = proof.id.replace(/^0+(?=.)/, "");
    this.#checkReadable(`issued/${proof.id}`);
    if (proof.kind === "certificate") this.#checkReadable(`certificates/${id}`);
    const revoked =
      this.#records.all.get(`issued/${proof.id}`)?.revokedAt ??
      (proof.kind === "certificate" ? this.#records.all.get(`certificates/${id}`)?.revokedAt : undefined);
    if (revoked !== undefined) throw revokedError;
    if (!proof.isBelieved()) {
      throw new ProofError(
        "unauthenticated",
        "what the proxy has shown is signed with what is not trusted any more",
      );
    }
  }

  /** What cannot be read may be that the proof was taken back. */
  #checkReadable(name: string): void {
    if (!this.#records.isUnreadable(name)) return;
    throw new ProofError(
      "unavailable",
      "what is known of what the proxy has shown cannot be read; the log of the control plane says what to do",
    );
  }

  /** Certificates are valid since some time before they were issued, for clocks that are behind. */
  #issuedAt(proof: Proof): number {
    return this.#records.all.get(`issued/${proof.id}`)?.createdAt ?? proof.issuedAt;
  }

  async #certificate(proxy: ProxyName, createdAt: number, expiresAt: number) {
    const { trustDomain, account } = this.#options;
    const signer = await this.authorities.signer("proxies");
    const { certificate, issuers, key } = await signer.issue({
      commonName: proxy.name.slice(0, 64),
      uris: [spiffeId(proxy, trustDomain, account)],
      usages: ["client"],
      notBefore: new Date((createdAt - HOUR) * 1000),
      notAfter: new Date(expiresAt * 1000),
    });
    const { serialNumber, validToDate } = new X509Certificate(certificate);
    return {
      identityId: serialNumber.toLowerCase(),
      // Not after the authority's own end.
      expiresAt: validToDate.getTime() / 1000,
      certificate: certificate + issuers,
      privateKey: key,
    };
  }

  async #token(proxy: ProxyName, createdAt: number, expiresAt: number) {
    const { tokenKeyId, key } = await this.tokenKeys.signer();
    const identityId = randomUUID();
    const token = await new SignJWT()
      .setProtectedHeader({ alg: "ES256", kid: tokenKeyId })
      .setIssuer(this.#issuer)
      .setAudience(AUDIENCE)
      .setSubject(formatProxy(proxy))
      .setJti(identityId)
      .setIssuedAt(createdAt)
      .setExpirationTime(expiresAt)
      .sign(key);
    return { identityId, expiresAt, token };
  }

  async #proofOfToken(token: string | undefined): Promise<Proof | undefined> {
    if (token === undefined) return undefined;
    let issuer: string | undefined;
    try {
      issuer = decodeJwt(token).iss;
    } catch (error) {
      throw unreadable(error as Error);
    }
    if (this.#serviceAccounts && issuer === this.#serviceAccounts.issuer) {
      return this.#serviceAccounts.prove(token, this.#now());
    }
    return this.#proofOfOwn(token);
  }

  async #proofOfOwn(token: string): Promise<Proof> {
    try {
      const { kid = "" } = decodeProtectedHeader(token);
      const key = this.tokenKeys.verifier(kid);
      if (key === undefined) {
        throw new ProofError(
          "unauthenticated",
          "the proxy's token is signed with a key that this control plane does not have, or has no longer",
        );
      }
      const { payload } = await jwtVerify(token, key, {
        issuer: this.#issuer,
        audience: AUDIENCE,
        algorithms: ["ES256"],
        requiredClaims: ["exp", "iat", "sub", "jti"],
        currentDate: new Date(this.#now()),
        clockTolerance: skewSeconds,
      });
      const proxy = parseProxy(payload.sub ?? "", this.#options.account);
      if (proxy === undefined) throw unreadable();
      return {
        kind: "token",
        id: payload.jti ?? "",
        issuedAt: payload.iat ?? 0,
        expiresAt: payload.exp ?? 0,
        proxies: [proxy],
        isBelieved: () => this.tokenKeys.verifier(kid) !== undefined,
      };
    } catch (error) {
      if (error instanceof ProofError) throw error;
      if (error instanceof errors.JWTExpired) throw expired;
      throw unreadable(error as Error);
    }
  }

  get #issuer(): string {
    return `appmesh:${this.#options.account}`;
  }

  #trusts(): readonly X509Certificate[] {
    const text = this.trust().join("");
    if (this.#trusted?.text !== text) {
      const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
      this.#trusted = { text, certificates: found.map((pem) => new X509Certificate(pem)) };
    }
    return this.#trusted.certificates;
  }

  #issued(): IssuedIdentity[] {
    return [...this.#records.all].flatMap(([name, record]) => {
      if (!name.startsWith("issued/")) return [];
      const { proxy: text, ...rest } = record as IssuedRecord;
      const proxy = parseProxy(text, this.#options.account);
      if (!proxy) return [];
      // With all that the proxy could show then.
      const all = this.#records.all.get(`proxies/${formatProxy(proxy)}`)?.revokedAt;
      const taken = all !== undefined && rest.createdAt <= all ? { revokedAt: rest.revokedAt ?? all } : {};
      return [{ ...rest, ...taken, identityId: name.slice("issued/".length), proxy }];
    });
  }

  /** Takes back what the same call has issued before: nobody has got it. */
  #repeated({ proxy, account, call }: IssuedRecord) {
    const seconds = this.seconds();
    const issued = [...this.#records.all].filter(
      ([, of]) => of.proxy === proxy && of.account === account && (of.expiresAt ?? 0) > seconds,
    );
    return issuedBefore(issued, ([, of]) => of.call, call)
      .filter(([, { revokedAt }]) => revokedAt === undefined)
      .map(([name, of]) => this.#records.write(name, { ...of, revokedAt: seconds }));
  }

  /**
   * Removes what has ended, and throws where there is no room for `more` of a kind, also in `mesh`, all the same. Each kind has
   * its own: what was taken back leaves no less room for what is issued.
   */
  #room(kind: keyof typeof rooms, { mesh, more = 1 }: { mesh?: MeshName; more?: number } = {}) {
    const seconds = this.seconds();
    const all = [...this.#records.all].filter(([name]) => name.startsWith(kind));
    const isEnded = ({ expiresAt, revokedAt = seconds }: StoredRecord) =>
      (expiresAt ?? revokedAt + LONGEST_LIFE) <= seconds;
    const [ended, live] = [
      all.filter(([, record]) => isEnded(record)),
      all.filter(([, record]) => !isEnded(record)),
    ];
    const { most = MOST, mostOfMesh = MOST_OF_MESH } = this.#options;
    const { what, wayOut } = rooms[kind];
    if (mesh !== undefined) {
      const begin = formatMesh(mesh);
      const ofMesh = live.filter(([name, { proxy = name.slice(kind.length) }]) => proxy.startsWith(begin));
      if (ofMesh.length + more > mostOfMesh) {
        throw new IdentityError(
          "LimitExceededException",
          `mesh ${mesh.meshName} has ${mostOfMesh} ${what}, which is as many as are kept of one mesh; of all meshes ${most} are. ${wayOut}`,
        );
      }
    }
    if (live.length + more > most) {
      throw new IdentityError(
        "LimitExceededException",
        `there are ${most} ${what}, which is as many as are kept. ${wayOut}`,
      );
    }
    // One change of a store holds some dozens of writes at the most.
    return ended.slice(0, 20).map(([name]) => this.#records.write(name, undefined));
  }
}

/** What there are too many of, and what to do. */
const rooms = {
  "issued/": { what: "certificates and tokens of proxies", wayOut: "Issue shorter ones" },
  "proxies/": {
    what: "virtual nodes and gateways whose proofs were taken back",
    wayOut: "Take back single proofs, by their ids",
  },
  "certificates/": {
    what: "certificates of other authorities that were taken back",
    wayOut: "Replace the authority that signed them",
  },
};

/** What the names of all proxies of a mesh begin with. */
const formatMesh = (mesh: MeshName): string =>
  formatProxy({ ...mesh, kind: "virtualNode", name: "" }).replace(/virtualNode\/$/, "");

/** Throws MalformedRecord for what is none. */
function decodeRecord(name: string, value: string): StoredRecord {
  if (/^(proxies|certificates)\//.test(name)) return readRecord(value, { revokedAt: "number" });
  // What a later release keeps beside them.
  if (!name.startsWith("issued/")) return {};
  const record = readRecord(value, issuedMembers) as IssuedRecord;
  if (parseProxy(record.proxy, "") === undefined) throw new MalformedRecord("proxy names none");
  return record;
}

const issuedMembers = {
  kind: "string",
  proxy: "string",
  account: "string?",
  createdAt: "number",
  expiresAt: "number",
  revokedAt: "number?",
  call: "object?",
} as const;

const revokedError = new ProofError(
  "unauthenticated",
  "what the proxy has shown has been taken back. Issue it another one, by appmesh identities issue",
);

const unreadable = (cause?: Error) =>
  new ProofError("unauthenticated", "the proxy's token is none that this control plane has issued", {
    cause,
  });

/** AWS's own sidecars sign with keys that only AWS can check: to this control plane, they show nothing. */
function tokenIn(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.startsWith("AWS4-")) return undefined;
  return authorization.replace(/^Bearer /i, "").trim();
}
