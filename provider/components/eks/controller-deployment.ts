// The chart's Deployment, pointed at a control plane: the controller has no option for it.
import type { Input } from "@pulumi/pulumi";

/** What may become known later. */
type Text = Input<string>;

/** What the controller's pods are told beside what the chart tells them. */
export interface ControllerPods {
  /** The name that the controller calls. */
  readonly host: Text;
  /** IP address that it is resolved to; DNS does it where it is undefined. */
  readonly address: Text | undefined;
  /** ConfigMap of the trusted authorities; undefined where public ones are. */
  readonly authorities: { readonly configMap: Text; readonly digest: Text } | undefined;
  /** Secret with accessKeyId and secretAccessKey; undefined where the pods' role signs. */
  readonly accessKey: { readonly secret: Text; readonly digest: Text | undefined } | undefined;
}

type Values = { readonly [name: string]: unknown };

const CONTAINER = "controller";
const VOLUME = "appmesh-control-plane";
const FOLDER = "/etc/appmesh-control-plane";

/** Name of the file of authorities in the ConfigMap. */
export const AUTHORITIES = "authorities.pem";

/** The name that the AWS SDK for Go calls. */
export const apiHost = (region: string): string =>
  `appmesh.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;

/** The Deployment of another shape than the chart's: what was looked for is not there. */
export class OtherShape extends Error {
  override readonly name = "OtherShape";
}

/** The chart's Deployment, as the API server is to get it. Throws `OtherShape` where it is not the Deployment that is expected. */
export function pointed(deployment: Values, pods: ControllerPods): Values {
  const name = String(members(deployment.metadata).name ?? "without a name");
  const spec = members(deployment.spec);
  const template = members(spec.template);
  const pod = members(template.spec);
  const containers = Array.isArray(pod.containers) ? (pod.containers as Values[]) : [];
  const found = containers.filter((container) => container.name === CONTAINER);
  if (found.length !== 1) {
    const names = containers.map((container) => JSON.stringify(container.name));
    throw new OtherShape(
      `the chart's Deployment ${JSON.stringify(name)} has ${names.length === 0 ? "no container" : `the containers ${names.join(", ")}`}; ` +
        `one that is called "${CONTAINER}" is needed, which is pointed at the control plane. Use the version of the chart for which ` +
        "the component is made, or one of the same shape.",
    );
  }
  const digests = {
    ...(pods.authorities && { "pulumi-appmesh/authorities": pods.authorities.digest }),
    ...(pods.accessKey?.digest !== undefined && { "pulumi-appmesh/access-key": pods.accessKey.digest }),
  };
  const changed: Values = {
    ...pod,
    ...(pods.address !== undefined && {
      hostAliases: [...list(pod.hostAliases), { ip: pods.address, hostnames: [pods.host] }],
    }),
    ...(pods.authorities && {
      volumes: [...list(pod.volumes), { name: VOLUME, configMap: { name: pods.authorities.configMap } }],
    }),
    containers: containers.map((container) =>
      container === found[0] ? controller(container, pods) : container,
    ),
  };
  const metadata = members(template.metadata);
  return {
    ...deployment,
    spec: {
      ...spec,
      template: {
        ...template,
        // A pod reads them when it starts: with other ones there must be other pods.
        metadata: { ...metadata, annotations: { ...members(metadata.annotations), ...digests } },
        spec: changed,
      },
    },
  };
}

function controller(container: Values, { authorities, accessKey }: ControllerPods): Values {
  const own = [
    ...(authorities ? [{ name: "AWS_CA_BUNDLE", value: `${FOLDER}/${AUTHORITIES}` }] : []),
    ...(accessKey
      ? [
          { name: "AWS_ACCESS_KEY_ID", valueFrom: fromSecret(accessKey.secret, "accessKeyId") },
          { name: "AWS_SECRET_ACCESS_KEY", valueFrom: fromSecret(accessKey.secret, "secretAccessKey") },
        ]
      : []),
  ];
  const names = new Set(own.map(({ name }) => name));
  return {
    ...container,
    env: [...list(container.env).filter((each) => !names.has(String(members(each).name))), ...own],
    ...(authorities && {
      volumeMounts: [...list(container.volumeMounts), { name: VOLUME, mountPath: FOLDER, readOnly: true }],
    }),
  };
}

const fromSecret = (name: Text, key: string) => ({ secretKeyRef: { name, key } });

const members = (value: unknown): Values =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Values) : {};

const list = (value: unknown): readonly Values[] => (Array.isArray(value) ? (value as Values[]) : []);

/** A webhook configuration of the chart whose API server trusts this authority, in base64. */
export function trusting(configuration: Values, caBundle: unknown): Values {
  const webhooks = list(configuration.webhooks).map((webhook) => ({
    ...webhook,
    clientConfig: { ...members(webhook.clientConfig), caBundle },
  }));
  return { ...configuration, webhooks };
}
