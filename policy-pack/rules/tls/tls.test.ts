import { deepEqual } from "node:assert/strict";
import { complies, entity, judged, judgedMesh, unknownObject, unknownText } from "../../testing/judged.js";
import { tlsClientEnforced } from "./tls-client-enforced.js";
import { tlsClientPolicy } from "./tls-client-policy.js";
import { tlsCoverage } from "./tls-coverage.js";
import { tlsGatewayStrict } from "./tls-gateway-strict.js";
import { tlsListenerStrict } from "./tls-listener-strict.js";
import { tlsManagedCertificates } from "./tls-managed-certificates.js";
import { tlsMutual } from "./tls-mutual.js";
import { tlsNamesPinned } from "./tls-names-pinned.js";

const portMapping = { port: 8080, protocol: "http" };
const file = { certificateChain: "/c.pem", privateKey: "/k.pem" };
const trust = { file: { certificateChain: "/ca.pem" } };
const strict = { portMapping, tls: { mode: "STRICT", certificate: { file } } };
const listener = (tls?: object) => ({ portMapping, ...(tls && { tls }) });
const node = (spec: object) => entity("virtualNode", "shop/web", spec);
const gateway = (spec: object) => entity("virtualGateway", "shop/edge", spec);
const backend = (name: string, tls?: object) => ({
  virtualService: { virtualServiceName: name, ...(tls && { clientPolicy: { tls } }) },
});

for (const [rule, make] of [
  [tlsListenerStrict, node],
  [tlsGatewayStrict, gateway],
] as const) {
  describe(rule.name, () => {
    it("is content with STRICT", () => {
      deepEqual(judged(rule, make({ listeners: [strict, strict] })), complies);
    });

    it("finds listeners without TLS, with PERMISSIVE and with DISABLED, each", () => {
      const listeners = [
        listener(),
        strict,
        listener({ ...strict.tls, mode: "PERMISSIVE" }),
        listener({ ...strict.tls, mode: "DISABLED" }),
      ];
      deepEqual(judged(rule, make({ listeners })), {
        findings: [
          "spec.listeners[0].tls: there is no tls, so that the listener takes connections without TLS only; give tls with mode STRICT and a certificate.",
          "spec.listeners[2].tls.mode: mode PERMISSIVE takes connections without TLS; set mode to STRICT.",
          "spec.listeners[3].tls.mode: mode DISABLED takes connections without TLS; set mode to STRICT.",
        ],
      });
    });

    it("judges the others where one is not known", () => {
      const listeners = [listener({ ...strict.tls, mode: unknownText }), listener(), unknownObject];
      deepEqual(judged(rule, make({ listeners })), {
        findings: [
          "spec.listeners[1].tls: there is no tls, so that the listener takes connections without TLS only; give tls with mode STRICT and a certificate.",
        ],
        open: ["spec.listeners[0].tls.mode", "spec.listeners[2]"],
      });
    });

    it("says nothing where nothing is known", () => {
      deepEqual(judged(rule, make(unknownObject as never)), { open: ["spec"] });
    });
  });
}

describe("tls-listener-strict, of others", () => {
  it("says nothing of virtual nodes without listeners", () => {
    deepEqual(judged(tlsListenerStrict, node({})), { notApplicable: "it has no listener" });
  });

  it("is not about gateways, nor meshes", () => {
    deepEqual(judged(tlsListenerStrict, gateway({ listeners: [listener()] })), undefined);
    deepEqual(judged(tlsListenerStrict, entity("mesh", "shop", {})), undefined);
  });
});

describe("tls-client-policy", () => {
  const validation = { trust };

  it("is content with policies for each backend, or by default", () => {
    deepEqual(judged(tlsClientPolicy, node({ backends: [backend("a", { validation })] })), complies);
    const backendDefaults = { clientPolicy: { tls: { validation } } };
    deepEqual(judged(tlsClientPolicy, node({ backends: [backend("a")], backendDefaults })), complies);
    deepEqual(judged(tlsClientPolicy, gateway({ listeners: [strict], backendDefaults })), complies);
  });

  it("finds backends that nothing is said of", () => {
    deepEqual(judged(tlsClientPolicy, node({ backends: [backend("a", { validation }), backend("b")] })), {
      findings: [
        "spec.backendDefaults.clientPolicy.tls: there is no TLS client policy for the backend without a policy of its own; give one with a validation of the certificate.",
      ],
    });
    deepEqual(judged(tlsClientPolicy, node({ backends: [backend("a"), backend("b")] })), {
      findings: [
        "spec.backendDefaults.clientPolicy.tls: there is no TLS client policy for the 2 backends without a policy of their own; give one with a validation of the certificate.",
      ],
    });
    deepEqual(judged(tlsClientPolicy, gateway({ listeners: [strict] })), {
      findings: [
        "spec.backendDefaults.clientPolicy.tls: there is no TLS client policy for the services behind the gateway; give one with a validation of the certificate.",
      ],
    });
  });

  it("says nothing of those who call nobody, and waits for what is not known", () => {
    deepEqual(judged(tlsClientPolicy, node({})), { notApplicable: "it has no backend" });
    deepEqual(judged(tlsClientPolicy, node({ backends: [backend("a")], backendDefaults: unknownObject })), {
      open: ["spec.backendDefaults"],
    });
    deepEqual(judged(tlsClientPolicy, node({ backends: [unknownObject, backend("a")] })), {
      findings: [
        "spec.backendDefaults.clientPolicy.tls: there is no TLS client policy for the backend without a policy of its own; give one with a validation of the certificate.",
      ],
      open: ["spec.backends[0]"],
    });
  });
});

describe("tls-client-enforced", () => {
  const tls = { validation: { trust } };

  it("is content where nothing takes the policy back", () => {
    deepEqual(
      judged(
        tlsClientEnforced,
        node({ backends: [backend("a", tls), backend("b", { ...tls, enforce: true })] }),
      ),
      complies,
    );
    deepEqual(judged(tlsClientEnforced, node({ backends: [backend("a", { ...tls, ports: [] })] })), complies);
  });

  it("finds enforce false and policies for some ports", () => {
    const backends = [
      backend("a", { ...tls, enforce: false }),
      backend("b", { ...tls, ports: [8443] }),
      backend("c", { ...tls, enforce: false, ports: [1, 2] }),
    ];
    deepEqual(judged(tlsClientEnforced, node({ backends })), {
      findings: [
        "spec.backends[0].virtualService.clientPolicy.tls.enforce: enforce is false: connections to a may go without TLS; set enforce to true.",
        "spec.backends[1].virtualService.clientPolicy.tls.ports: the policy is for port 8443 only: connections to other ports of b go without TLS; leave ports out.",
        "spec.backends[2].virtualService.clientPolicy.tls.enforce: enforce is false: connections to c may go without TLS; set enforce to true.",
        "spec.backends[2].virtualService.clientPolicy.tls.ports: the policy is for ports 1, 2 only: connections to other ports of c go without TLS; leave ports out.",
      ],
    });
  });

  it("looks at the defaults of nodes and gateways", () => {
    const backendDefaults = { clientPolicy: { tls: { ...tls, enforce: false } } };
    deepEqual(judged(tlsClientEnforced, node({ backends: [backend("a")], backendDefaults })), {
      findings: [
        "spec.backendDefaults.clientPolicy.tls.enforce: enforce is false: connections to the backend without a policy of its own may go without TLS; set enforce to true.",
      ],
    });
    deepEqual(judged(tlsClientEnforced, gateway({ listeners: [], backendDefaults })), {
      findings: [
        "spec.backendDefaults.clientPolicy.tls.enforce: enforce is false: connections to the services behind the gateway may go without TLS; set enforce to true.",
      ],
    });
  });
});

describe("tls-names-pinned", () => {
  it("is content with a name, and finds policies without one", () => {
    const pinned = { validation: { trust, subjectAlternativeNames: { match: { exact: ["a.shop.local"] } } } };
    const empty = { validation: { trust, subjectAlternativeNames: { match: { exact: [] } } } };
    const backends = [
      backend("a", pinned),
      backend("b", { validation: { trust } }),
      backend("c", empty),
      backend("d"),
    ];
    deepEqual(judged(tlsNamesPinned, node({ backends })), {
      findings: [
        "spec.backends[1].virtualService.clientPolicy.tls.validation.subjectAlternativeNames: no name is expected of b; give match.exact with the names in its certificate.",
        "spec.backends[2].virtualService.clientPolicy.tls.validation.subjectAlternativeNames: no name is expected of c; give match.exact with the names in its certificate.",
      ],
    });
  });
});

describe("tls-managed-certificates", () => {
  it("finds keys in files, of listeners and of clients", () => {
    const tls = { validation: { trust }, certificate: { file } };
    deepEqual(judged(tlsManagedCertificates, node({ listeners: [strict], backends: [backend("a", tls)] })), {
      findings: [
        "spec.listeners[0].tls.certificate.file: the private key is in a file; use acm or sds.",
        "spec.backends[0].virtualService.clientPolicy.tls.certificate.file: the private key is in a file; use sds.",
      ],
    });
    deepEqual(judged(tlsManagedCertificates, node({ backendDefaults: { clientPolicy: { tls } } })), {
      findings: [
        "spec.backendDefaults.clientPolicy.tls.certificate.file: the private key is in a file; use sds.",
      ],
    });
  });

  it("is content with ACM and SDS", () => {
    const acm = { certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/1" };
    const listeners = [
      listener({ mode: "STRICT", certificate: { acm } }),
      listener({ mode: "STRICT", certificate: { sds: { secretName: "s" } } }),
    ];
    deepEqual(judged(tlsManagedCertificates, node({ listeners })), complies);
  });
});

describe("tls-mutual", () => {
  const shown = { validation: { trust }, certificate: { file } };

  it("is content where listeners ask and clients show", () => {
    const listeners = [listener({ ...strict.tls, validation: { trust } })];
    deepEqual(judged(tlsMutual, node({ listeners, backends: [backend("a", shown)] })), complies);
    const backendDefaults = { clientPolicy: { tls: shown } };
    deepEqual(judged(tlsMutual, gateway({ listeners: [strict], backendDefaults })), complies);
  });

  it("finds listeners that do not ask, and clients that do not show", () => {
    const backends = [backend("a", { validation: { trust } }), backend("b")];
    deepEqual(judged(tlsMutual, node({ listeners: [strict, listener()], backends })), {
      findings: [
        "spec.listeners[0].tls.validation: clients are not asked for a certificate; give validation with the trusted authorities.",
        "spec.listeners[1].tls.validation: clients are not asked for a certificate; give validation with the trusted authorities.",
        "spec.backends[0].virtualService.clientPolicy.tls.certificate: no certificate is shown to a; give a certificate.",
        "spec.backendDefaults.clientPolicy.tls.certificate: no certificate is shown to the backend without a policy of its own; give a certificate.",
      ],
    });
  });
});

describe("tls-coverage", () => {
  const mesh = entity("mesh", "shop", {});
  const many = (...listeners: object[]) => [mesh, node({ listeners }), gateway({ listeners: [strict] })];

  it("counts the listeners of nodes and gateways", () => {
    deepEqual(judgedMesh(tlsCoverage, many(strict)), complies);
    deepEqual(judgedMesh(tlsCoverage, many(listener(), listener({ ...strict.tls, mode: "PERMISSIVE" }))), {
      findings: [
        "mesh: 1 of 3 listeners of mesh shop have TLS in mode STRICT, which is 33 %; at least 100 % is asked for; give more listeners TLS in mode STRICT.",
      ],
    });
  });

  it("asks for as much as it is told to", () => {
    deepEqual(judgedMesh(tlsCoverage, many(listener()), { minimumPercent: 50 }), complies);
    deepEqual(judgedMesh(tlsCoverage, [node({ listeners: [listener()] })], { minimumPercent: 50 }), {
      findings: [
        "virtualNode/web: 0 of 1 listeners of mesh shop have TLS in mode STRICT, which is 0 %; at least 50 % is asked for; give more listeners TLS in mode STRICT.",
      ],
    });
  });

  it("says nothing where there is no listener, and waits for what is not known", () => {
    deepEqual(judgedMesh(tlsCoverage, [mesh]), { notApplicable: "the mesh has no listener" });
    deepEqual(judgedMesh(tlsCoverage, many(listener({ ...strict.tls, mode: unknownText }))), {
      open: ["spec.listeners[0].tls.mode of virtual node web"],
    });
  });
});
