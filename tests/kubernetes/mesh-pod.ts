// A pod of the mesh, as its manifest would be written: an init container that redirects, Envoy as a sidecar that is
// started before and ended after the application.
import { type BootstrapOptions, bootstrap } from "@pulumi-appmesh/control-plane/bootstrap/bootstrap.js";
import { redirectionScript } from "@pulumi-appmesh/control-plane/interception/apply.js";
import type { Pod } from "../support/tasks/pod-spec.js";

export interface MeshPod {
  readonly mesh: string;
  readonly node: string;
  readonly xds: { readonly host: string; readonly port: number };
  /** Secret with `trust`, `certificate` and `privateKey`. */
  readonly identity: string;
}

export const iptablesImage = "shop/iptables:1";

export function meshPod({ mesh, node, xds, identity }: MeshPod): Pod {
  const variable = (environmentVariable: string) => ({ environmentVariable });
  const options: BootstrapOptions = {
    mesh,
    kind: "virtualNode",
    name: node,
    xds: {
      ...xds,
      tls: {
        trust: variable("APPMESH_XDS_TRUST"),
        certificate: {
          chain: variable("APPMESH_XDS_CERTIFICATE"),
          privateKey: variable("APPMESH_XDS_PRIVATE_KEY"),
        },
      },
    },
    interception: { mode: "transparent" },
    adminPort: 9901,
  };
  const secret = (name: string, key: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: identity, key } },
  });
  const ask = (method: string, path: string) =>
    "exec 3<>/dev/tcp/127.0.0.1/9901 && " +
    `printf '${method} ${path} HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n' >&3`;
  const isReady = `${ask("GET", "/ready")} && read -r _ status _ <&3 && [ "$status" = 200 ]`;
  const redirection = redirectionScript({
    ignoredUid: 1337,
    ingressPort: 15000,
    egressPort: 15001,
    appPorts: [8080],
    egressIgnoredIps: ["169.254.169.254"],
    egressIgnoredPorts: [22],
    ipv6: false,
  });
  return {
    metadata: { name: node, namespace: "shop", labels: { app: node } },
    spec: {
      terminationGracePeriodSeconds: 30,
      initContainers: [
        {
          name: "redirect",
          image: iptablesImage,
          command: ["sh", "-c", redirection],
          securityContext: { runAsUser: 0, capabilities: { add: ["NET_ADMIN"] } },
        },
        {
          name: "envoy",
          image: "envoyproxy/envoy:v1.40.0",
          restartPolicy: "Always",
          command: ["envoy"],
          args: ["--config-yaml", JSON.stringify(bootstrap(options)), "--log-level", "warning"],
          env: [
            secret("APPMESH_XDS_TRUST", "trust"),
            secret("APPMESH_XDS_CERTIFICATE", "certificate"),
            secret("APPMESH_XDS_PRIVATE_KEY", "privateKey"),
          ],
          securityContext: {
            ...{ runAsUser: 1337, runAsNonRoot: true, readOnlyRootFilesystem: true },
            ...{ allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          },
          startupProbe: {
            exec: { command: ["bash", "-c", isReady] },
            ...{ periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 600 },
          },
        },
      ],
      containers: [
        {
          name: "app",
          image: "shop/app:1",
          env: [{ name: "NAME", value: `${node} in a pod` }],
          ports: [{ name: "http", containerPort: 8080 }],
          // Of the kubelet, which is outside: it goes through Envoy.
          readinessProbe: { httpGet: { port: "http" }, periodSeconds: 2, timeoutSeconds: 5 },
          // Envoy drains before the application is told to end.
          lifecycle: { preStop: { exec: { command: ["bash", "-c", drain(ask)] } } },
        },
      ],
    },
  };
}

const drain = (ask: (method: string, path: string) => string): string =>
  [
    `{ ${ask("POST", "/healthcheck/fail")}; cat <&3 >/dev/null; }`,
    `{ ${ask("POST", "/drain_listeners?graceful&skip_exit&inboundonly")}; cat <&3 >/dev/null; }`,
    "sleep 7",
  ].join("\n");
