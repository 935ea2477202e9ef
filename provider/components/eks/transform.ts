// What the component changes in the objects of the chart on their way to the API server.
import { type Output, type ResourceTransform, runtime } from "@pulumi/pulumi";
import { type ControllerPods, OtherShape, pointed, trusting } from "./controller-deployment.js";

/** The chart names its objects by its release. */
export const RELEASE = "appmesh-controller";

const CHART = "kubernetes:helm.sh/v4:Chart";

export interface ControllerTransform {
  readonly apply: ResourceTransform;
  /** Throws where the chart had no Deployment of the controller. */
  assertSeen(): void;
}

/** The certificate is what the Secret of the webhooks holds; undefined where cert-manager makes one. */
export function controllerTransform(
  pods: ControllerPods,
  certificate: Output<Record<string, string>> | undefined,
): ControllerTransform {
  const seen: string[] = [];
  let objects = 0;
  const transformed = (type: string, props: Props): Props | undefined => {
    const name = props.metadata?.name;
    if (type !== CHART) objects++;
    if (type === "kubernetes:apps/v1:Deployment") {
      seen.push(String(name));
      return name === RELEASE ? pointed(props, pods) : undefined;
    }
    if (certificate === undefined) return undefined;
    if (/^kubernetes:admissionregistration.k8s.io\/v1:(Mutating|Validating)WebhookConfiguration$/.test(type))
      return trusting(
        props,
        certificate.apply((data) => data["ca.crt"]),
      );
    if (type === "kubernetes:core/v1:Secret" && name === `${RELEASE}-webhook-server-cert`)
      return { ...props, data: certificate };
    return undefined;
  };
  return {
    apply: ({ type, props, opts }) => {
      const changed = transformed(type, props as Props);
      return changed && { props: changed, opts };
    },
    assertSeen: () => {
      // A chart whose values are not known yet is not rendered in a preview.
      if (seen.includes(RELEASE) || (objects === 0 && runtime.isDryRun())) return;
      throw new OtherShape(
        `the chart has ${seen.length === 0 ? "no Deployment" : `the Deployments ${seen.map((each) => JSON.stringify(each)).join(", ")}`}; ` +
          `one that is called "${RELEASE}" is needed, which is pointed at the control plane. Use the version of the chart for which ` +
          "the component is made, or one of the same shape.",
      );
    },
  };
}

interface Props {
  readonly metadata?: { readonly name?: unknown };
  readonly [name: string]: unknown;
}
