import type {
  BackendDefaults,
  ClientPolicyTls,
  Path,
  VirtualGatewaySpec,
  VirtualNodeSpec,
} from "@pulumi-appmesh/model";
import type { Judge } from "../../rule.js";

/** A client policy in force: that of a backend, or the defaults for those without one. */
export interface PolicyInForce {
  readonly tls: ClientPolicyTls | undefined;
  /** Where it stands, or should stand. */
  readonly path: Path;
  /** To whom the connections go, for a sentence. */
  readonly to: string;
}

const defaultsPath: Path = ["spec", "backendDefaults", "clientPolicy", "tls"];
const tlsOf = (defaults: BackendDefaults | undefined) => defaults?.clientPolicy?.tls;

/** Judges every client policy of a virtual node or gateway on its own; not applicable where there is nobody to call. */
export function eachPolicy(
  spec: VirtualNodeSpec | VirtualGatewaySpec,
  kind: "virtualNode" | "virtualGateway",
  judge: Judge<unknown>,
  visit: (policy: PolicyInForce) => void,
): void {
  if (kind === "virtualGateway") {
    // A gateway calls whatever its routes lead to, always by the defaults.
    judge.each([spec.backendDefaults], ["spec"], (defaults) =>
      visit({ tls: tlsOf(defaults), path: defaultsPath, to: "the services behind the gateway" }),
    );
    return;
  }
  const { backends = [], backendDefaults } = spec as VirtualNodeSpec;
  if (backends.length === 0) {
    judge.notApplicable("it has no backend");
    return;
  }
  let byDefault = 0;
  judge.each(backends, ["spec", "backends"], ({ virtualService }, path) => {
    if (virtualService === undefined) return;
    const tls = virtualService.clientPolicy?.tls;
    // Whom it goes to by default need not be known.
    if (tls === undefined) byDefault++;
    else
      visit({
        tls,
        path: [...path, "virtualService", "clientPolicy", "tls"],
        to: virtualService.virtualServiceName,
      });
  });
  if (byDefault > 0) {
    const to =
      byDefault === 1
        ? "the backend without a policy of its own"
        : `the ${byDefault} backends without a policy of their own`;
    judge.each([backendDefaults], ["spec"], (defaults) =>
      visit({ tls: tlsOf(defaults), path: defaultsPath, to }),
    );
  }
}
