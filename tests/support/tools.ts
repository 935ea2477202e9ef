// Where set-up put the programs that are slow to make. Set-up (tools/setup.mjs) records each one's place in
// .appmesh/tools.json of the clone; the programs themselves are in a cache of the user's, outside of it.
import { access, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

interface Tools {
  /** Folder that holds the `pulumi` executable. */
  pulumi: string;
  /** The `envoy` executable. */
  envoy: string;
  /** Envoys of all versions that are tested, by version. */
  envoys: Readonly<Record<string, string>>;
  /** The Python interpreter of a virtual environment that has boto3, botocore, awscli and moto. */
  python: string;
  /** The compiled tests/compat/go; none where there is no Go. */
  goClient: string;
  /** The class path of the compiled tests/compat/java; none where there is no JDK or no Maven. */
  javaClient: string;
  /** The folder of DynamoDB Local and its launcher; none where there is no JDK or no Maven. */
  dynamoDb: string;
  /** The OpenTelemetry collector of tools/collector; none where there is no Go. */
  collector: string;
  /** The node_modules of examples/aws-native. */
  awsNative: string;
  /** What runs programs in Python, with the SDK and what examples need; none where there is no Python with pip. */
  canaryPython: { readonly python: string; readonly path: string };
  /** None where there is no Go, or where APPMESH_SKIP_KUBERNETES=1 says so. */
  kubernetes: KubernetesTools;
  /** The compiled tests/languages/go; none where there is no Go. */
  canaryGo: string;
  /** The class path of the compiled tests/languages/java; none where there is no JDK or no Maven. */
  canaryJava: string;
}

/** A Kubernetes API server and what goes with it, each an executable. */
export interface KubernetesTools {
  readonly apiserver: string;
  readonly kubectl: string;
  readonly helm: string;
  readonly etcd: string;
}

const record = fileURLToPath(new URL("../../../.appmesh/tools.json", import.meta.url));
const wayOut = `run "npm run setup" in the clone, which makes it`;

async function recorded<T extends keyof Tools>(tool: T): Promise<Tools[T] | undefined> {
  try {
    return JSON.parse(await readFile(record, "utf8"))[tool];
  } catch (cause) {
    throw new Error(`set-up has not recorded where ${tool} is (${record}): ${wayOut}`, { cause });
  }
}

async function locate(tool: "pulumi" | "envoy" | "python" | "awsNative"): Promise<string> {
  const place = await recorded(tool);
  if (place === undefined) throw new Error(`set-up has not recorded where ${tool} is (${record}): ${wayOut}`);
  try {
    await access(place);
  } catch (cause) {
    throw new Error(`${tool} is no longer at ${place}, where set-up had it: ${wayOut} again`, { cause });
  }
  return place;
}

/** The folder of the Pulumi CLI that these tests run: put it first on PATH. */
export const pulumiFolder = (): Promise<string> => locate("pulumi");

/** The Envoy executable. APPMESH_TEST_ENVOY names another one, for a check by hand of what another version does. */
export const envoyPath = async (): Promise<string> =>
  process.env.APPMESH_TEST_ENVOY || (await locate("envoy"));

/** The Envoy executables of all versions that are tested, by version, the oldest one first. */
export async function testedEnvoys(): Promise<Readonly<Record<string, string>>> {
  const envoys = await recorded("envoys");
  if (envoys === undefined)
    throw new Error(`set-up has not recorded where older Envoys are (${record}): ${wayOut}`);
  return envoys;
}

/** A Python interpreter that has boto3, botocore, awscli (`python -m awscli …`) and moto (`python -m moto.server`). */
export const python = (): Promise<string> => locate("python");

/** The program of tests/compat/go; undefined where set-up found no Go. */
export const goClient = (): Promise<string | undefined> => recorded("goClient");

/** The class path of tests/compat/java; undefined where set-up found no JDK or no Maven. */
export const javaClient = (): Promise<string | undefined> => recorded("javaClient");

/** The folder with `classes` and `libraries` of DynamoDB Local; undefined where set-up found no JDK or no Maven. */
export const dynamoDb = (): Promise<string | undefined> => recorded("dynamoDb");

/** The OpenTelemetry collector; undefined where set-up found no Go. */
export const collector = (): Promise<string | undefined> => recorded("collector");

/** The node_modules folder with the dependencies of examples/aws-native. */
export const awsNative = (): Promise<string> => locate("awsNative");

/** The interpreter, and its PYTHONPATH, for tests/languages/python; undefined where set-up found no Python with pip. */
export const canaryPython = (): Promise<Tools["canaryPython"] | undefined> => recorded("canaryPython");

/** The program of tests/languages/go; undefined where set-up found no Go. */
export const canaryGo = (): Promise<string | undefined> => recorded("canaryGo");

/** The class path of tests/languages/java; undefined where set-up found no JDK or no Maven. */
export const canaryJava = (): Promise<string | undefined> => recorded("canaryJava");

/** A Kubernetes API server; undefined where set-up found no Go, or was told to go without. */
export const kubernetesTools = (): Promise<KubernetesTools | undefined> => recorded("kubernetes");
