import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { type Endpoint, formatEndpoint, parseEndpoint } from "../endpoint.js";
import { defaultLimits, type Limits } from "../mesh/limits.js";
import { credentialsIn, EnvironmentError, metricsTokenIn } from "./credentials.js";
import { dataOption, defaultDataFolder } from "./data-folder.js";
import { limit } from "./limits.js";
import { regionOption } from "./options.js";
import { addProxiesOptions, type ProxiesCommandOptions, placedOf, proxiesOf } from "./proxies-options.js";
import { dynamoDbEndpointOption, tableOption } from "./table-options.js";
import { addTlsOptions, type TlsOptions, tlsOf } from "./tls-options.js";

interface Options extends TlsOptions, ProxiesCommandOptions {
  api: Endpoint;
  xds: Endpoint;
  xdsAdmission?: number;
  data: string;
  table?: string;
  dynamodbEndpoint?: string;
  notices?: Endpoint;
  region: string;
  account: string;
  limit: Limits;
  metrics?: Endpoint;
  cloudMapEndpoint?: string;
  cloudMapInterval: number;
  audit?: string;
  logLevel: string;
}

/** How long open requests may take once the control plane is asked to stop. Nothing that was answered is lost after it. */
const CLOSE_MILLISECONDS = 10_000;

export function serveCommand(): Command {
  return addProxiesOptions(addTlsOptions(new Command("serve")))
    .description("run the control plane")
    .addOption(
      new Option("--api <host:port>", "where the App Mesh API listens; port 0 for any free one")
        .argParser(endpoint)
        .default({ host: "127.0.0.1", port: 7070 }, "127.0.0.1:7070"),
    )
    .addOption(
      new Option("--xds <host:port>", "where proxies subscribe; port 0 for any free one")
        .argParser(endpoint)
        .default({ host: "127.0.0.1", port: 18000 }, "127.0.0.1:18000"),
    )
    .option(
      "--xds-admission <streams>",
      "streams of proxies that are taken in a second; others wait for their turn (default: 500)",
      streams,
    )
    .addOption(
      dataOption("folder of the store, made where it does not exist").default(
        defaultDataFolder(),
        "the user's data folder",
      ),
    )
    .addOption(
      tableOption("DynamoDB table of the store, shared with other control planes, instead of the folder"),
    )
    .addOption(dynamoDbEndpointOption())
    .addOption(
      new Option(
        "--notices <host:port>",
        "where control planes that share a table hear of each other's changes at once, over UDP; 0.0.0.0:7946 for this " +
          "machine's own address (default: the table is only read, each 100 to 200 ms)",
      ).argParser(endpoint),
    )
    .addOption(regionOption("region in ARNs, of the table, and the one for which requests are signed"))
    .option("--account <id>", "account that owns what is created", account, "000000000000")
    .addOption(
      new Option(
        "--metrics <host:port>",
        "where /metrics, /healthz and /readyz are served to what cannot sign; off loopback, /metrics asks for APPMESH_METRICS_TOKEN",
      ).argParser(endpoint),
    )
    .addOption(
      new Option(
        "--cloud-map-endpoint <url>",
        "where endpoints are looked up instead of at AWS Cloud Map in the region " +
          "(default: $AWS_ENDPOINT_URL_SERVICEDISCOVERY, $AWS_ENDPOINT_URL)",
      ).argParser(url),
    )
    .option(
      "--cloud-map-interval <seconds>",
      "how often each service is looked up in AWS Cloud Map",
      interval,
      5,
    )
    .addOption(
      new Option(
        "--limit <name=number>",
        "how much there may be of something, such as virtualNodesPerMesh=5000 or =none; none for no limits; repeatable",
      )
        .argParser(limit)
        .default(defaultLimits, "App Mesh's default quotas"),
    )
    .addOption(
      new Option(
        "--audit <file>",
        "file to which a JSON line is added for each change; SIGHUP opens it anew (default: the log)",
      ).argParser((text) => resolve(text)),
    )
    .addOption(
      new Option("--log-level <level>", "least severe messages that are logged, as JSON lines on stderr")
        .choices(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
        .default("info"),
    )
    .addHelpText(
      "after",
      "\nAccess key that every request to the API must be signed with: APPMESH_ACCESS_KEY_ID and" +
        "\nAPPMESH_SECRET_ACCESS_KEY. Further ones: appmesh keys. Without any, the API listens on loopback addresses only." +
        "\nAWS credentials, where virtual nodes are found by AWS Cloud Map: as for every AWS SDK (a role, AWS_PROFILE," +
        "\nAWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY). The same for --table, which is in --region; appmesh table create makes it;" +
        "\nand for --authority.",
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const [{ pino }, { StartError, serve, StoreUnavailable }] = await Promise.all([
    import("pino"),
    import("../index.js"),
  ]);
  const log = pino({ level: options.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
  try {
    if (options.notices && options.table === undefined) {
      throw new StartError(
        "--notices is for control planes that share a table: give that too, by --table NAME",
      );
    }
    const controlPlane = await serve({
      ...options,
      table: sharedTable(options),
      limits: options.limit,
      accessKey: credentialsIn(process.env),
      placed: placedOf(options, process.env),
      tls: tlsOf(options),
      proxies: proxiesOf(options),
      metricsToken: metricsTokenIn(process.env),
      cloudMap: {
        endpoint:
          options.cloudMapEndpoint ??
          (process.env.AWS_ENDPOINT_URL_SERVICEDISCOVERY || process.env.AWS_ENDPOINT_URL || undefined),
        interval: options.cloudMapInterval,
      },
      certificates: {
        acmEndpoint: process.env.AWS_ENDPOINT_URL_ACM || process.env.AWS_ENDPOINT_URL || undefined,
        acmPcaEndpoint: process.env.AWS_ENDPOINT_URL_ACM_PCA || process.env.AWS_ENDPOINT_URL || undefined,
      },
      log,
    });
    const api = `${controlPlane.scheme}://${formatEndpoint(controlPlane.api)}`;
    const xds = formatEndpoint(controlPlane.xds);
    const xdsTrustedNetwork =
      controlPlane.xdsTrustedNetwork && formatEndpoint(controlPlane.xdsTrustedNetwork);
    const metrics = controlPlane.metrics && `http://${formatEndpoint(controlPlane.metrics)}/metrics`;
    log.info(
      {
        api,
        xds,
        xdsTrustedNetwork,
        metrics,
        ...stored(options),
        region: options.region,
        account: options.account,
      },
      "ready",
    );
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        log.info({ signal }, "stopping");
        setTimeout(() => {
          log.warn("what is under way does not end, and is left as it is");
          process.exit(0);
        }, CLOSE_MILLISECONDS).unref();
        controlPlane.close().then(
          () => {
            log.info("stopped");
            process.exit(0);
          },
          (error) => {
            log.fatal({ err: error }, "the control plane could not be closed cleanly");
            process.exit(1);
          },
        );
      });
    }
    // Without anything to open anew, it means what it means for every program whose terminal is closed.
    if (options.audit !== undefined || controlPlane.scheme === "https" || options.proxyCa) {
      process.on("SIGHUP", () => controlPlane.reload());
    }
    if (controlPlane.caFile) process.stdout.write(`tls ca=${controlPlane.caFile}\n`);
    // For scripts, which wait for this line and may ask it to stop right then: data last, since it may hold spaces.
    const store = Object.entries(stored(options)).map(([name, value]) => `${name}=${value}`);
    process.stdout.write(`ready api=${api} xds=${xds} ${store}\n`);
  } catch (error) {
    if (![StartError, StoreUnavailable, EnvironmentError].some((known) => error instanceof known))
      throw error;
    process.stderr.write(`appmesh serve: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

const stored = ({ data, table }: Options) => (table === undefined ? { data } : { table });

function sharedTable({ table, dynamodbEndpoint, notices }: Options) {
  return table === undefined ? undefined : { name: table, endpoint: dynamodbEndpoint, notices };
}

function endpoint(text: string): Endpoint {
  const parsed = parseEndpoint(text);
  if (parsed) return parsed;
  throw new InvalidArgumentError("It must be of the form HOST:PORT, such as 127.0.0.1:7070 or [::1]:7070.");
}

function url(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
  throw new InvalidArgumentError("It must be a URL, such as http://127.0.0.1:5000.");
}

function interval(text: string): number {
  const value = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0.1 && value <= 3600) return value;
  throw new InvalidArgumentError("It must be 0.1 to 3600 seconds.");
}

function streams(text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value >= 1) return value;
  throw new InvalidArgumentError("It must be a number of streams in a second, from 1 on.");
}

function account(text: string): string {
  if (/^\d{12}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be twelve digits.");
}
