import { proxyVariables } from "@pulumi-appmesh/control-plane/interception/proxy-variables.js";
import { egressPort } from "@pulumi-appmesh/control-plane/translate/interception.js";

interface Variable {
  readonly name?: string;
  readonly value?: string;
}

interface Explicit {
  readonly mesh: string;
  readonly virtualNode: string;
  readonly adminPort: number;
  /** Ports on 127.0.0.1 where the application listens. */
  readonly appPorts: readonly number[];
  /** Called past Envoy. */
  readonly past: readonly string[];
}

/** The environment of an application in explicit interception: what it was given, and what the CLI's sidecar tells its command. */
export function withExplicitVariables<V extends Variable>(
  environment: readonly V[],
  { mesh, virtualNode, adminPort, appPorts, past }: Explicit,
): readonly (V | { readonly name: string; readonly value: string })[] {
  const given = environment.find(({ name }) => name === "NO_PROXY" || name === "no_proxy")?.value;
  const [port, ...others] = new Set(appPorts);
  // Of several containers only one listens there; the others say where they do.
  const saysPort = environment.some(({ name }) => name === "PORT");
  const variables = {
    ...proxyVariables(`http://127.0.0.1:${egressPort}`, [...(given?.split(",") ?? []), ...past]),
    ...(port === undefined || others.length > 0
      ? {}
      : { ...(!saysPort && { PORT: String(port) }), APPMESH_APP_PORT: String(port) }),
    APPMESH_ADMIN: `http://127.0.0.1:${adminPort}`,
    APPMESH_MESH: mesh,
    APPMESH_VIRTUAL_NODE: virtualNode,
  };
  return [
    ...environment.filter(({ name = "" }) => !Object.hasOwn(variables, name)),
    ...Object.entries(variables).map(([name, value]) => ({ name, value })),
  ];
}
