import assert from "node:assert/strict";
import fc from "fast-check";
import { entitiesOf } from "./document.js";
import type { MeshEntities, Unavailable } from "./entities.js";
import { type SecretSource, secretReference, secretsOf } from "./secrets.js";

const place = { entity: "virtualNode/a", path: "spec.listeners[0].tls.certificate.acm" };
const arn = "arn:aws:acm:us-east-1:123456789012:certificate/a";
const proxy = { kind: "virtualNode", name: "a" } as const;
const exported = { certificate: "own", issuers: "above", privateKey: "key" };
const of = (entities: Partial<MeshEntities>, ...sources: SecretSource[]) =>
  secretsOf(
    { ...entitiesOf({ meshName: "shop" }), ...entities },
    [{ secrets: sources.map((source) => secretReference(source, place)) }],
    proxy,
  );

describe("secrets", () => {
  it("have different names where they are different", () => {
    const path = fc.string({
      unit: fc.constantFrom("/", ":", "%", "2", "5", "3", "A", "a", ","),
      minLength: 1,
    });
    const source: fc.Arbitrary<SecretSource> = fc.oneof(
      fc.record({ kind: fc.constant("fileCertificate" as const), certificateChain: path, privateKey: path }),
      fc.record({ kind: fc.constant("fileTrust" as const), certificateChain: path }),
    );
    fc.assert(
      fc.property(source, source, (one, other) => {
        const name = (of: SecretSource) => secretReference(of, place).name;
        assert.equal(name(one) === name(other), JSON.stringify(one) === JSON.stringify(other));
      }),
      { numRuns: 2_000 },
    );
  });

  it("of the mesh are told to the proxy that they are of, and to none that has not proven it", () => {
    const asked: string[] = [];
    const entities: Partial<MeshEntities> = {
      workloadCertificate: (entity) => {
        asked.push(entity);
        return exported;
      },
      workloadTrust: () => ({ certificates: "the mesh's" }),
    };
    const references = [
      {
        secrets: [{ kind: "workloadCertificate" } as const, { kind: "workloadTrust" } as const].map(
          (source) => secretReference(source, place),
        ),
      },
    ];
    const told = (unproven?: true) =>
      secretsOf({ ...entitiesOf({ meshName: "shop" }), ...entities }, references, {
        kind: "virtualGateway",
        name: "edge",
        ...(unproven && { unproven }),
      });
    const { secrets, problems } = told();
    assert.deepEqual(
      [asked, secrets.map(({ name, entities }) => [name, entities]), problems],
      [
        ["virtualGateway/edge"],
        [
          ["certificate:mesh", ["virtualGateway/edge"]],
          ["trust:mesh", ["virtualGateway/edge"]],
        ],
        [],
      ],
    );
    const unproven = told(true);
    assert.deepEqual(
      [asked.length, unproven.secrets.map(({ name }) => name), unproven.problems],
      [
        1,
        ["trust:mesh"],
        [
          {
            entity: "virtualGateway/edge",
            path: "",
            message:
              "its proxy has not proven who it is, and gets no certificate of the mesh: others refuse it where TLS is STRICT. " +
              "Give the proxy a certificate or a token, and have it call the control plane at --xds",
          },
        ],
      ],
    );
  });

  it("are told once, however many resources name them", () => {
    const file: SecretSource = { kind: "fileTrust", certificateChain: "/ca.pem" };
    const { secrets, problems, waiting } = of({}, file, { ...file });
    assert.deepEqual(
      [secrets.map(({ name }) => name), problems, waiting],
      [["trust:file:/ca.pem"], [], undefined],
    );
  });

  it("of ACM are the same objects as long as the certificate is the same", () => {
    const references = [secretReference({ kind: "acmCertificate", certificateArn: arn }, place)];
    const read = (certificate: typeof exported) =>
      secretsOf(
        { ...entitiesOf({ meshName: "shop" }), certificate: () => certificate },
        [{ secrets: references }],
        proxy,
      ).secrets[0];
    assert.equal(read(exported), read(exported));
    assert.notEqual(read({ ...exported }), read(exported));
  });

  it("that are being asked for are waited for, and no problem", () => {
    const pending: Unavailable = { unavailable: `${arn} is being asked for`, pending: true };
    assert.deepEqual(of({ certificate: () => pending }, { kind: "acmIssuers", certificateArn: arn }), {
      secrets: [],
      problems: [],
      waiting: `${arn} is being asked for`,
    });
  });

  it("that cannot be had are a problem where they are asked for", () => {
    const away: Unavailable = { unavailable: "AWS is away" };
    const told = of(
      {
        certificate: () => exported,
        certificateAuthority: (asked) => (asked === "a" ? { certificates: "a" } : away),
      },
      { kind: "acmCertificate", certificateArn: arn },
      { kind: "acmAuthorities", certificateAuthorityArns: ["a", "b"] },
    );
    assert.deepEqual(
      [told.secrets.map(({ name }) => name), told.problems, told.waiting],
      [[`certificate:${arn}`], [{ ...place, message: "AWS is away" }], undefined],
    );
    assert.deepEqual(of({}, { kind: "acmCertificate", certificateArn: arn }).problems, [
      {
        ...place,
        message:
          "this control plane exports no certificates from AWS: connections that need it are refused. Give it in a file " +
          "or by SDS",
      },
    ]);
  });
});
