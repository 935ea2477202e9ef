import type { Path } from "@pulumi-appmesh/model";

type Members = Readonly<Record<string, unknown>>;

/** Objects of Kubernetes that are pods, or make some. */
export const podTypes =
  /^kubernetes:(core\/v1:(Pod|ReplicationController)|apps\/v1:(Deployment|StatefulSet|DaemonSet|ReplicaSet)|batch\/v1:(Cron)?Job|argoproj\.io\/\w+:Rollout)$/;

/** Where pods stand in an object, by its kind. */
const places: readonly Path[] = [["spec", "jobTemplate", "spec", "template"], ["spec", "template"], []];

/** The pod of an object, or the template of its pods, with its place; undefined where it has none. */
export function podIn(props: Members): { readonly pod: Members; readonly place: Path } | undefined {
  for (const place of places) {
    let pod: unknown = props;
    for (const step of place) pod = (pod as Members | undefined)?.[step];
    const spec = typeof pod === "object" ? (pod as Members | null)?.spec : undefined;
    if (typeof spec === "object" && spec !== null && "containers" in spec)
      return { pod: pod as Members, place };
  }
  return undefined;
}
