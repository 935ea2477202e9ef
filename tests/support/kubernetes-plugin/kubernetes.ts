// Stands in for the plugin of Kubernetes. With STAND_IN_KUBECONFIG it applies to a real API server what it is given; the charts of Helm are rendered by Helm itself (STAND_IN_HELM).
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { messages } from "@pulumi-appmesh/provider/server/protocol.js";
import { componentOptions, loadRuntime } from "@pulumi-appmesh/provider/server/runtime.js";
import { isUnknown, type ObjectValue, UNKNOWN } from "@pulumi-appmesh/provider/server/values.js";
import { encode } from "@pulumi-appmesh/provider/server/wire.js";
import { parseAllDocuments } from "yaml";
import { serveStandIn } from "./plugin.js";

const [record = "", engine = ""] = process.argv.slice(2);
const {
  STAND_IN_KUBECONFIG: kubeconfig,
  STAND_IN_HELM: helm = "helm",
  STAND_IN_CHARTS: charts,
  // Somebody runs pods here, and ends Jobs.
  STAND_IN_JOBS: jobs,
} = process.env;

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

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: objects of every kind.
  readonly body: any;
}

/** Asks the API server, whose address and token the file KUBECONFIG has as JSON. */
function ask(
  method: string,
  path: string,
  body?: unknown,
  contentType = "application/json",
): Promise<Answer> {
  const { clusters, users } = configuration();
  const [{ cluster }, { user }] = [clusters[0], users[0]];
  const ca = Buffer.from(cluster["certificate-authority-data"], "base64");
  const headers = { authorization: `Bearer ${user.token}`, "content-type": contentType };
  return new Promise((resolve, reject) => {
    request(`${cluster.server}${path}`, { method, ca, headers, agent }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response
        .on("error", reject)
        .on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    })
      .on("error", reject)
      .end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const agent = new Agent({ keepAlive: true });
const configuration = () => JSON.parse(readFileSync(kubeconfig as string, "utf8"));

/** Where an object is, by what the API server says of its kind. */
async function pathOf(type: string, { name, namespace }: Metadata): Promise<string> {
  const { apiVersion, kind } = kindOf(type);
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const find = async () => {
    const { body } = await ask("GET", group);
    return body.resources?.find(
      (each: { kind: string; name: string }) => each.kind === kind && !each.name.includes("/"),
    );
  };
  // A kind that has just been defined is served a moment later.
  const deadline = Date.now() + 30_000;
  let found = await find();
  for (; found === undefined && Date.now() < deadline; found = await find()) await sleep(200);
  if (found === undefined) throw new Error(`the API server knows no ${kind} of ${apiVersion}`);
  const place = found.namespaced ? `/namespaces/${namespace ?? "default"}` : "";
  return `${group}${place}/${found.name}/${name}`;
}

/** As the plugin does it: what others own is a conflict, unless the object says to take it over. */
async function applied(type: string, object: ObjectValue, force: boolean): Promise<ObjectValue> {
  const { apiVersion, kind } = kindOf(type);
  const path = await pathOf(type, (object.metadata ?? {}) as Metadata);
  const query = `?fieldManager=pulumi&fieldValidation=Strict&force=${force}`;
  const { status, body } = await ask(
    "PATCH",
    path + query,
    { ...object, apiVersion, kind },
    "application/apply-patch+yaml",
  );
  if (status >= 300) throw new Error(body.message);
  return body;
}

const SERVICE = "kubernetes:core/v1:Service";

async function apply(type: string, inputs: ObjectValue): Promise<ObjectValue | undefined> {
  if (kubeconfig === undefined || type === CHART) return undefined;
  const { annotations } = (inputs.metadata ?? {}) as Metadata;
  if (type === JOB) await replaceFailed(inputs.metadata as Metadata);
  const { spec = {} } = await applied(type, inputs, annotations?.["pulumi.com/patchForce"] === "true");
  if (type === JOB && jobs !== undefined) await completed(inputs.metadata as Metadata);
  // What programs go on with of all that the API server decides: the address.
  return type === SERVICE ? { spec } : undefined;
}

const JOB = "kubernetes:batch/v1:Job";

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

interface EndedPod {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly containerStatuses?: readonly {
      readonly state: { readonly terminated?: { readonly reason: string; readonly message: string } };
    }[];
  };
}

/** The condition with which a Job has ended; undefined while it goes on, or is not there. */
async function endOf(metadata: Metadata): Promise<Condition | undefined> {
  const { body } = await ask("GET", await pathOf(JOB, metadata));
  const conditions: readonly Condition[] = body.status?.conditions ?? [];
  return conditions.find(({ type, status }) => ["Complete", "Failed"].includes(type) && status === "True");
}

/** What `pulumi.com/replaceUnready` has the plugin do. */
async function replaceFailed(metadata: Metadata): Promise<void> {
  if (metadata.annotations?.["pulumi.com/replaceUnready"] !== "true") return;
  if ((await endOf(metadata))?.type === "Failed") await remove(JOB, `${metadata.namespace}/${metadata.name}`);
}

/** As the plugin does: a Job that fails is told with what its pods said last. */
async function completed(metadata: Metadata): Promise<void> {
  const deadline = Date.now() + 180_000;
  let end = await endOf(metadata);
  for (; end === undefined && Date.now() < deadline; end = await endOf(metadata)) await sleep(100);
  if (end?.type === "Complete") return;
  const { body } = await ask(
    "GET",
    `/api/v1/namespaces/${metadata.namespace}/pods?labelSelector=batch.kubernetes.io/job-name%3D${metadata.name}`,
  );
  const said = (body.items as readonly EndedPod[]).flatMap(({ metadata: { name }, status }) =>
    (status.containerStatuses ?? []).map(
      ({ state }) => `[Pod ${name}]: [${state.terminated?.reason}] ${state.terminated?.message}`,
    ),
  );
  throw new Error(
    [`the Job ${metadata.name} failed: ${end?.message ?? "it has not ended"}`, ...said].join("\n"),
  );
}

const placeOf = (id: string): Metadata => {
  const [name, namespace] = id.split("/").reverse() as [string, string?];
  return { name, ...(namespace !== undefined && { namespace }) };
};

async function remove(type: string, id: string): Promise<void> {
  if (kubeconfig === undefined || type === CHART) return;
  // What is patched is somebody else's: only what the patch said goes.
  if (kindOf(type).patch) {
    await applied(type, { metadata: { ...placeOf(id) } as ObjectValue }, false);
    return;
  }
  const path = await pathOf(type, placeOf(id));
  const { status, body } = await ask("DELETE", `${path}?propagationPolicy=Background`);
  if (status >= 300 && status !== 404) throw new Error(body.message);
  // A cluster's own controllers, of which there are none here, let a namespace go once it is empty.
  if (body.kind === "Namespace") await ask("PUT", `${path}/finalize`, { ...body, spec: { finalizers: [] } });
  // As the plugin does: whoever has a finalizer on it takes it off.
  const deadline = Date.now() + 60_000;
  for (;;) {
    const left = await ask("GET", path);
    if (left.status === 404) return;
    const finalizers: readonly string[] = left.body.metadata.finalizers ?? [];
    // Those of a cluster's own controllers, such as of a claim that is no pod's.
    if (finalizers.length > 0 && finalizers.every((name) => name.startsWith("kubernetes.io/"))) {
      const without = { metadata: { finalizers: null } };
      await ask("PATCH", path, without, "application/merge-patch+json");
    }
    if (Date.now() > deadline) {
      throw new Error(`${path} is still there: nobody takes its finalizers off: ${finalizers.join(", ")}`);
    }
    await sleep(50);
  }
}

async function read(type: string, id: string): Promise<ObjectValue | undefined> {
  const { status, body } = await ask("GET", await pathOf(type, placeOf(id)));
  return status === 404 ? undefined : body;
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
  readonly repositoryOpts?: { readonly repo?: string };
  readonly values?: unknown;
}

interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

function rendered({ name, namespace, chart, repositoryOpts, values = {} }: ChartInputs): Rendered[] {
  // A folder with the charts of all repositories.
  const found = repositoryOpts === undefined ? chart : join(charts ?? "", chart);
  const text = execFileSync(
    helm,
    ["template", name, found, "--namespace", namespace, "--skip-crds", "--values", "-"],
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
    create: (type, name, inputs, preview) => {
      const metadata = (inputs.metadata ?? {}) as Metadata;
      const id = metadata.namespace === undefined ? "" : `${metadata.namespace}/`;
      const spec = (inputs.spec ?? {}) as ObjectValue;
      return {
        id: `${id}${metadata.name ?? name}`,
        ...(type === SERVICE &&
          !isUnknown(spec) && {
            outputs: { spec: { clusterIP: preview ? UNKNOWN : "10.96.0.10", ...spec } },
          }),
      };
    },
    apply,
    remove,
    ...(kubeconfig !== undefined && { read }),
    construct,
  },
  record,
  engine,
);
