// What a control plane in a cluster keeps secret: made up once, and the Secret is where it is kept; or named by the program.
import { randomBytes } from "node:crypto";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { type CustomResourceOptions, type Input, type Output, output, secret } from "@pulumi/pulumi";
import { makeAuthority } from "@pulumi-appmesh/control-plane/identity/certificates.js";
import { CONTROL_PLANE, METRICS_TOKEN, names } from "./control-plane-pod.js";

const YEARS = 10;

/** Where the objects of a component are. */
export interface Place {
  readonly namespace: Output<string>;
  readonly child: CustomResourceOptions;
}

/** The values of a Secret by their keys, and the Secret. */
export interface KeptSecret {
  readonly resource: Secret;
  readonly value: (key: string) => Output<string>;
}

export const accessKeySecret = (name: string, given: Input<string> | undefined, place: Place): KeptSecret =>
  kept(`${name}-access-key`, names.accessKey, given, place, async () => ({
    accessKeyId: `AKIA${randomBytes(10).toString("hex").slice(0, 16).toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64url"),
  }));

/** The authority of proxies, which is made up unless it is given. */
export const authoritySecret = (name: string, given: Input<string> | undefined, place: Place): KeptSecret =>
  kept(
    `${name}-authority`,
    names.authority,
    given,
    place,
    async () => {
      const [notBefore, notAfter] = [new Date(), new Date()];
      // Clocks may be apart.
      notBefore.setHours(notBefore.getHours() - 1);
      notAfter.setFullYear(notAfter.getFullYear() + YEARS);
      const { certificate, key } = await makeAuthority(CONTROL_PLANE, { notBefore, notAfter });
      return { "tls.crt": certificate, "tls.key": key };
    },
    "kubernetes.io/tls",
  );

/** One that signs for workloads, which is there. */
export const workloadsSecret = (
  name: string,
  given: Input<string>,
  { namespace, child }: Place,
): KeptSecret => namedSecret(`${name}-workloads`, given, namespace, child);

export const metricsSecret = (name: string, place: Place): KeptSecret =>
  kept(`${name}-metrics-token`, names.metrics, undefined, place, async () => ({
    [METRICS_TOKEN]: randomBytes(30).toString("base64url"),
  }));

function kept(
  name: string,
  secretName: string,
  given: Input<string> | undefined,
  { namespace, child }: Place,
  make: () => Promise<Readonly<Record<string, string>>>,
  type = "Opaque",
): KeptSecret {
  if (given !== undefined) return namedSecret(name, given, namespace, child);
  return keptIn(
    new Secret(
      name,
      { metadata: { name: secretName, namespace }, type, data: secret(output(make()).apply(inBase64)) },
      { ...child, ignoreChanges: ["data"] },
    ),
  );
}

/** One of the program's. Where it is not there, this is told before anything is made. */
export function namedSecret(
  name: string,
  given: Input<string>,
  namespace: Output<string>,
  child: CustomResourceOptions,
): KeptSecret {
  const id = output([namespace, given]).apply((parts) => parts.join("/"));
  return keptIn(Secret.get(name, id, child));
}

function keptIn(resource: Secret): KeptSecret {
  return {
    resource,
    value: (key) =>
      output({ data: resource.data, place: resource.id }).apply(({ data, place }) => {
        const has = (data ?? {}) as Readonly<Record<string, string>>;
        const text = has[key];
        if (text === undefined) throw new Error(lacking(place, key, Object.keys(has)));
        return Buffer.from(text, "base64").toString();
      }),
  };
}

const lacking = (place: string, key: string, has: readonly string[]) =>
  `the Secret ${place} has ${has.length === 0 ? "nothing in it" : has.join(", ")}; ${key} is required in it. Add it, or name another Secret.`;

const inBase64 = (texts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")]));
