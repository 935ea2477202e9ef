import type {
  DiscoverInstancesCommandOutput,
  HttpInstanceSummary,
  ServiceDiscoveryClient,
} from "@aws-sdk/client-servicediscovery";
import type { Instance } from "../translate/entities.js";
import { type CloudMap, CloudMapError, type CloudMapService, type Discovered } from "./cloud-map.js";

export interface AwsCloudMapOptions {
  readonly region: string;
  /** URL of another endpoint than AWS's own. */
  readonly endpoint?: string | undefined;
  /** The longest that one question may take, retries included. Default: 5 seconds. */
  readonly timeoutMillis?: number;
}

/** More than Cloud Map lets a service have. */
const maxResults = 1000;

/** AWS Cloud Map through AWS's SDK, which is loaded with the first question: most meshes have none. */
export function awsCloudMap(options: AwsCloudMapOptions): CloudMap {
  const { region, endpoint, timeoutMillis = 5_000 } = options;
  let loaded: Promise<{ sdk: Sdk; client: ServiceDiscoveryClient }> | undefined;
  const load = async () => {
    const sdk = await import("@aws-sdk/client-servicediscovery");
    const client = new sdk.ServiceDiscoveryClient({
      region,
      maxAttempts: 2,
      // Discovery has a host name of its own at AWS, and nowhere else.
      ...(endpoint === undefined ? {} : { endpoint, disableHostPrefix: true }),
    });
    return { sdk, client };
  };
  const ask = async <T>(
    service: CloudMapService,
    question: (sdk: Sdk, client: ServiceDiscoveryClient, abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    loaded ??= load();
    const { sdk, client } = await loaded;
    try {
      return await question(sdk, client, AbortSignal.timeout(timeoutMillis));
    } catch (error) {
      throw new CloudMapError(explain(error as Error, service, options), { cause: error });
    }
  };
  const names = ({ namespaceName, serviceName }: CloudMapService) => ({
    NamespaceName: namespaceName,
    ServiceName: serviceName,
  });
  return {
    discover: (service) =>
      ask(service, async (sdk, client, abortSignal) =>
        discovered(
          await client.send(
            new sdk.DiscoverInstancesCommand({
              ...names(service),
              HealthStatus: "ALL",
              MaxResults: maxResults,
            }),
            { abortSignal },
          ),
        ),
      ),
    revision: (service) =>
      ask(service, async (sdk, client, abortSignal) => {
        const command = new sdk.DiscoverInstancesRevisionCommand(names(service));
        return (await client.send(command, { abortSignal })).InstancesRevision;
      }),
  };
}

type Sdk = typeof import("@aws-sdk/client-servicediscovery");

function discovered({ Instances = [], InstancesRevision }: DiscoverInstancesCommandOutput): Discovered {
  return {
    // Cloud Map shuffles them for each caller.
    instances: Instances.map(instance).sort((a, b) => (a.id < b.id ? -1 : 1)),
    revision: InstancesRevision,
    checked: Instances.some(({ HealthStatus = "UNKNOWN" }) => HealthStatus !== "UNKNOWN"),
  };
}

const instance = ({ InstanceId = "", Attributes = {}, HealthStatus }: HttpInstanceSummary): Instance => ({
  id: InstanceId,
  attributes: Attributes,
  healthy: HealthStatus !== "UNHEALTHY",
});

/** What went wrong, in words that tell what to do about it. */
function explain(
  error: Error,
  { namespaceName, serviceName }: CloudMapService,
  { region, endpoint }: AwsCloudMapOptions,
): string {
  const where = endpoint === undefined ? `in ${region}` : `at ${endpoint}`;
  const service = `service ${serviceName} in namespace ${namespaceName}`;
  switch (error.name) {
    case "NamespaceNotFound":
      return `AWS Cloud Map has no namespace ${namespaceName} ${where}: create it, or name the region by --region`;
    case "ServiceNotFound":
      return `AWS Cloud Map has no service ${serviceName} in namespace ${namespaceName} ${where}: create it`;
    case "CredentialsProviderError":
      return (
        `${service} cannot be looked up in AWS Cloud Map without AWS credentials: give the control plane a role, ` +
        "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
      );
    case "AccessDeniedException":
    case "UnrecognizedClientException":
    case "InvalidClientTokenId":
    case "InvalidSignatureException":
    case "ExpiredTokenException":
      return (
        `AWS Cloud Map ${where} refuses to tell of ${service} (${error.name}): allow the control plane's credentials ` +
        "servicediscovery:DiscoverInstances and servicediscovery:DiscoverInstancesRevision"
      );
    default:
      // However it cannot be reached, by now or in a moment, it is the same trouble.
      return unreachable(error)
        ? `AWS Cloud Map ${where} does not answer for ${service}`
        : `AWS Cloud Map ${where} does not tell of ${service}: ${error.name}: ${error.message}`;
  }
}

const unreachable = (error: Error): boolean =>
  ["AbortError", "TimeoutError"].includes(error.name) ||
  /^E[A-Z]/.test((error as NodeJS.ErrnoException).code ?? "");
