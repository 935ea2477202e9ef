// Asks the control plane before the controller is installed: unmodified, that starts without it, and only logs.
import { Job } from "@pulumi/kubernetes/batch/v1/job.js";
import { type CustomResourceOptions, type Input, interpolate, type Output } from "@pulumi/pulumi";
import { AUTHORITIES, type ControllerPods } from "./controller-deployment.js";

/** What the Job is called, and its pods are labelled as. */
const CHECK = "appmesh-controller-check";

export interface ControlPlaneCheck extends ControllerPods {
  /** Of the control plane, in which `appmesh` is. */
  readonly image: Input<string>;
  readonly region: Input<string>;
}

/** How long one pod asks. Then there are others, with growing pauses: two minutes in all. */
const PATIENCE = "10s";
const OTHERS = 3;

const FOLDER = "/etc/appmesh";
/** The user `node` of the image. */
const USER = 1000;

/** The spec of a Job whose pods ask as the controller's pods would: the same name, address, authorities and access key. */
export function checkJob({ image, region, host, address, authorities, accessKey }: ControlPlaneCheck) {
  const fromSecret = (name: string, key: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: accessKey?.secret, key } },
  });
  const labels = { "app.kubernetes.io/name": CHECK };
  return {
    backoffLimit: OTHERS,
    template: {
      metadata: {
        labels,
        // With others it asks again.
        annotations: {
          ...(authorities && { "pulumi-appmesh/authorities": authorities.digest }),
          ...(accessKey?.digest !== undefined && { "pulumi-appmesh/access-key": accessKey.digest }),
        },
      },
      spec: {
        restartPolicy: "Never",
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        ...(address !== undefined && { hostAliases: [{ ip: address, hostnames: [host] }] }),
        securityContext: {
          runAsNonRoot: true,
          runAsUser: USER,
          runAsGroup: USER,
          seccompProfile: { type: "RuntimeDefault" },
        },
        ...(authorities && {
          volumes: [{ name: "authorities", configMap: { name: authorities.configMap } }],
        }),
        containers: [
          {
            name: "ping",
            image,
            args: [
              ...["ping", "--endpoint", interpolate`https://${host}`, "--region", region, "--wait", PATIENCE],
              ...(authorities ? ["--ca", `${FOLDER}/${AUTHORITIES}`] : []),
            ],
            ...(accessKey && {
              env: [
                fromSecret("APPMESH_ACCESS_KEY_ID", "accessKeyId"),
                fromSecret("APPMESH_SECRET_ACCESS_KEY", "secretAccessKey"),
              ],
            }),
            ...(authorities && {
              volumeMounts: [{ name: "authorities", mountPath: FOLDER, readOnly: true }],
            }),
            // What it says last is what Pulumi tells of a pod that failed.
            terminationMessagePolicy: "FallbackToLogsOnError",
            resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "256Mi" } },
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ["ALL"] },
            },
          },
        ],
      },
    },
  };
}

/** Where it fails, nothing of the chart has been made; what its pods said is told. The next `up` asks again. */
export function controlPlaneCheck(
  name: string,
  check: ControlPlaneCheck,
  namespace: Output<string>,
  opts: CustomResourceOptions,
): Job {
  // Another Job in the place of one that failed, which else would stay so.
  const annotations = { "pulumi.com/replaceUnready": "true" };
  return new Job(
    `${name}-check`,
    { metadata: { name: CHECK, namespace, annotations }, spec: checkJob(check) as never },
    opts,
  );
}
