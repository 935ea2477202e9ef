// Fields whose effect no test with real traffic shows, and what holds them instead. An exception goes with its test.

const sameAs = (what) => ({ why: `read by the same function as ${what}; no traffic of its own yet` });

export const exceptions = [
  {
    fields: "virtualNode.listeners[].healthCheck.port",
    why: "it must be the listener's own port, which is checked: the API refuses any other",
  },
  {
    fields:
      "virtualNode.backendDefaults.clientPolicy.tls.{validation.trust.acm.certificateAuthorityArns[],validation.trust.sds.secretName,certificate.sds.secretName}",
    ...sameAs("a backend's own policy"),
  },
  {
    fields:
      "virtualNode.backends[].virtualService.clientPolicy.tls.{validation.trust.sds.secretName,certificate.sds.secretName}",
    ...sameAs("a listener's secret"),
  },
  {
    fields: "virtualGateway.listeners[].healthCheck*",
    why: "accepted as App Mesh accepted it, without an effect: no proxy calls a gateway. The diagnostics say so",
  },
];
