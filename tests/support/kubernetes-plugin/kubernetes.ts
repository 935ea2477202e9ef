// Stands in for the plugin of Kubernetes. With STAND_IN_KUBECTL and KUBECONFIG it applies to a real API server what it is
// given; the charts of Helm are rendered by Helm itself (STAND_IN_HELM).
import { execFileSync } from "node:child_process";
import { messages } from "@pulumi-appmesh/provider/server/protocol.js";
import { componentOptions, loadRuntime } from "@pulumi-appmesh/provider/server/runtime.js";
import type { ObjectValue } from "@pulumi-appmesh/provider/server/values.js";
import { encode } from "@pulumi-appmesh/provider/server/wire.js";
import { parseAllDocuments } from "yaml";
import { serveStandIn } from "./plugin.js";

const [record = "", engine = ""] = process.argv.slice(2);
const { STAND_IN_KUBECTL: kubectlPath, STAND_IN_HELM: helm = "helm" } = process.env;

const CHART = "kubernetes:helm.sh/v4:Chart";

interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** kubernetes:core/v1:Secret is v1, kubernetes:apps/v1:Deployment apps/v1. A patch is of the kind that it patches. */
function kindOf(type: string): { apiVersion: string; kind: string; patch: boolean } {
  const [, group = "", kind = ""] = type.split(":");
  const apiVersion = group.startsWith("core/") ? group.slice("core/".length) : group;
  const patch = kind.endsWith("Patch");
  return { apiVersion, kind: patch ? kind.slice(0, -"Patch".length) : kind, patch };
}

const kubectl = (args: readonly string[], input = ""): string => {
  try {
    return execFileSync(kubectlPath as string, args, {
      encoding: "utf8",
      input,
      stdio: ["pipe", "pipe", "pipe"],
    });
  } catch (error) {
    throw new Error(String((error as { stderr?: string }).stderr ?? error).trim());
  }
};

/** A group is needed where two have a kind of the same name. */
const resourceOf = ({ apiVersion, kind }: { apiVersion: string; kind: string }) => {
  const [group, version] = apiVersion.split("/");
  return version === undefined ? kind : `${kind}.${version}.${group}`;
};

function apply(type: string, inputs: ObjectValue): void {
  if (kubectlPath === undefined || type === CHART) return;
  const { apiVersion, kind } = kindOf(type);
  const object = { ...inputs, apiVersion, kind };
  const { annotations } = (inputs.metadata ?? {}) as Metadata;
  // As the plugin does it: what others own is a conflict, unless the object says to take it over.
  const force = annotations?.["pulumi.com/patchForce"] === "true" ? ["--force-conflicts"] : [];
  kubectl(["apply", "--server-side", "--field-manager=pulumi", ...force, "-f", "-"], JSON.stringify(object));
}

function remove(type: string, id: string): void {
  const found = kindOf(type);
  if (kubectlPath === undefined || type === CHART) return;
  // What is patched is somebody else's: only what the patch said goes.
  if (found.patch) {
    const { apiVersion, kind } = found;
    kubectl(
      ["apply", "--server-side", "--field-manager=pulumi", "-f", "-"],
      JSON.stringify({ apiVersion, kind, metadata: { name: id.split("/").at(-1) } }),
    );
    return;
  }
  const [name, namespace] = id.split("/").reverse() as [string, string?];
  const place = namespace === undefined ? [] : ["-n", namespace];
  kubectl(["delete", resourceOf(found), name, ...place, "--wait=false", "--ignore-not-found"]);
}

function read(type: string, id: string): ObjectValue | undefined {
  if (kubectlPath === undefined) return undefined;
  const [name, namespace] = id.split("/").reverse() as [string, string?];
  const place = namespace === undefined ? [] : ["-n", namespace];
  const found = kubectl([
    "get",
    resourceOf(kindOf(type)),
    name,
    ...place,
    "--ignore-not-found",
    "-o",
    "json",
  ]);
  return found.trim() === "" ? undefined : (JSON.parse(found) as ObjectValue);
}

/** The objects of a chart, each a child of it, which the program's transforms reach. */
async function construct(
  request: messages.ConstructRequest,
  address: string,
): Promise<messages.ConstructResponse> {
  const runtime = await loadRuntime();
  return runtime.withLocalStorage(async () => {
    runtime.settings.resetOptions(
      request.getProject(),
      request.getStack(),
      request.getParallel(),
      address,
      request.getMonitorendpoint(),
      request.getDryrun(),
      request.getOrganization(),
    );
    await runtime.settings.awaitFeatureSupport();
    const { CustomResource, output } = runtime.pulumi;
    const inputs = await runtime.deserializeInputs(request.getInputs(), request.getInputdependenciesMap());
    class Chart extends runtime.pulumi.ComponentResource {}
    const chart = new Chart(CHART, request.getName(), inputs, componentOptions(request, runtime));
    const known = (await promised(output(inputs))) as ChartInputs | undefined;
    class RenderedObject extends CustomResource {}
    for (const object of known === undefined ? [] : rendered(known)) {
      const { apiVersion, kind, metadata } = object;
      const group = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
      const place = metadata.namespace === undefined ? "" : `${metadata.namespace}/`;
      const name = `${request.getName()}:${place}${metadata.name}`;
      new RenderedObject(`kubernetes:${group}:${kind}`, name, object, { parent: chart });
    }
    const response = new messages.ConstructResponse();
    response.setUrn((await promised(chart.urn)) as string);
    response.setState(encode({}));
    await runtime.settings.waitForRPCs();
    return response;
  });
}

interface ChartInputs {
  readonly name: string;
  readonly namespace: string;
  readonly chart: string;
  readonly values?: unknown;
}

interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

function rendered({ name, namespace, chart, values = {} }: ChartInputs): Rendered[] {
  const text = execFileSync(
    helm,
    ["template", name, chart, "--namespace", namespace, "--skip-crds", "--values", "-"],
    { encoding: "utf8", input: JSON.stringify(values), stdio: ["pipe", "pipe", "pipe"] },
  );
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Rendered | null)
    .filter((object) => object !== null);
}

/** The value of an output; undefined where it is not known. */
const promised = (value: unknown): Promise<unknown> =>
  (value as { promise(withUnknowns?: boolean): Promise<unknown> }).promise();

await serveStandIn(
  {
    name: "kubernetes",
    version: "4.34.2",
    create: (_type, name, inputs) => {
      const metadata = (inputs.metadata ?? {}) as Metadata;
      const id = metadata.namespace === undefined ? "" : `${metadata.namespace}/`;
      return { id: `${id}${metadata.name ?? name}` };
    },
    apply,
    remove,
    ...(kubectlPath !== undefined && { read }),
    construct,
  },
  record,
  engine,
);
