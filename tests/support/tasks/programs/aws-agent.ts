// What stands for the agent of AWS's own sidecar image (/usr/bin/agent): makes Envoy's bootstrap of the same variables,
// runs Envoy, and offers the same management on 9902. It has no AWS credentials: nothing is signed.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";

const { env } = process;
const required = (name: string): string => {
  const value = env[name];
  if (value === undefined || value === "") {
    console.error(`[critical] ${name} is not set`);
    process.exit(1);
  }
  return value;
};
const id = env.APPMESH_RESOURCE_ARN || env.APPMESH_VIRTUAL_NODE_NAME || required("APPMESH_RESOURCE_ARN");
const [, mesh = "", name = ""] =
  /(?:^|:)mesh\/([^/@]+)(?:@\d+)?\/virtual(?:Node|Gateway)\/([^/]+)$/.exec(id) ?? [];
if (mesh === "") {
  console.error(`[critical] ${id} is not the ARN of a virtual node or virtual gateway`);
  process.exit(1);
}
const endpoint = required("APPMESH_XDS_ENDPOINT");
const adminPort = Number(env.ENVOY_ADMIN_ACCESS_PORT ?? 9901);
const authorities = "/etc/pki/tls/cert.pem";

const integer = (value: number) => ({ int_value: value });
const channelArgs = {
  "grpc.http2.max_pings_without_data": integer(0),
  "grpc.keepalive_time_ms": integer(10_000),
  "grpc.keepalive_timeout_ms": integer(20_000),
};
// A Unix socket is spoken to as it is; everything else over TLS.
const google = {
  target_uri: endpoint,
  stat_prefix: "ads",
  channel_args: { args: channelArgs },
  ...(endpoint.startsWith("unix:")
    ? {}
    : { channel_credentials: { ssl_credentials: { root_certs: { filename: authorities } } } }),
};
const fromAds = { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" };
const xray = {
  "@type": "type.googleapis.com/envoy.config.trace.v3.XRayConfig",
  segment_name: env.XRAY_SEGMENT_NAME ?? `${mesh}/${name}`,
  daemon_endpoint: {
    protocol: "UDP",
    address: "127.0.0.1",
    port_value: Number(env.XRAY_DAEMON_PORT ?? 2000),
  },
  sampling_rule_manifest: {
    inline_string: JSON.stringify({
      version: 2,
      rules: [],
      default: { fixed_target: 1, rate: Number(env.XRAY_SAMPLING_RATE ?? 0.05) },
    }),
  },
};
const bootstrap = {
  node: {
    id,
    cluster: env.APPMESH_RESOURCE_CLUSTER ?? id,
    metadata: { "aws.appmesh.platformInfo": { ecsPlatformInfo: { ecsLaunchType: "AWS_ECS_FARGATE" } } },
  },
  admin: { address: { socket_address: { address: "0.0.0.0", port_value: adminPort } } },
  dynamic_resources: {
    ads_config: {
      api_type: "GRPC",
      transport_api_version: "V3",
      grpc_services: [{ google_grpc: google }],
    },
    cds_config: fromAds,
    lds_config: fromAds,
  },
  ...(env.ENABLE_ENVOY_XRAY_TRACING === "1" && {
    tracing: { http: { name: "envoy.tracers.xray", typed_config: xray } },
  }),
  ...(env.ENABLE_ENVOY_STATS_TAGS === "1" && {
    stats_config: {
      stats_tags: [
        { tag_name: "appmesh.mesh", fixed_value: mesh },
        {
          tag_name: id.includes("virtualGateway") ? "appmesh.virtual_gateway" : "appmesh.virtual_node",
          fixed_value: name,
        },
      ],
    },
  }),
};

const file = env.ENVOY_CONFIG_FILE ?? "/tmp/envoy.json";
if (env.ENVOY_CONFIG_FILE === undefined) writeFileSync(file, JSON.stringify(bootstrap));
const args = [
  "-c",
  file,
  "-l",
  env.ENVOY_LOG_LEVEL ?? "info",
  "--drain-time-s",
  "20",
  "--disable-hot-restart",
];
const envoy = spawn("/usr/bin/envoy", args, { stdio: "inherit" });
envoy.once("exit", (code, signal) => {
  console.log(`[info] Envoy ended with ${code ?? signal}`);
  process.exit(code ?? 1);
});

const admin = (path: string, method = "GET") => fetch(`http://127.0.0.1:${adminPort}${path}`, { method });
createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://here");
  try {
    if (pathname === "/status") {
      const { state } = (await (await admin("/server_info")).json()) as { readonly state: string };
      response.writeHead(200, { "content-type": "application/json" });
      response.end(
        JSON.stringify({
          envoyConnectionState: "CONNECTED",
          healthStatus: state === "LIVE" ? "HEALTHY" : "UNHEALTHY",
        }),
      );
    } else if (pathname === "/drain_listeners" && request.method === "POST") {
      await admin("/drain_listeners?inboundonly&graceful&skip_exit", "POST");
      response.end("OK");
    } else response.writeHead(404).end();
  } catch (error) {
    response.writeHead(500).end((error as Error).message);
  }
}).listen(9902, "127.0.0.1");

/** Listeners are drained for so long before Envoy is told to end. */
const wait = Number(env.LISTENER_DRAIN_WAIT_TIME_S ?? 20) * 1000;
process.once("SIGTERM", async () => {
  await admin("/healthcheck/fail", "POST").catch(() => {});
  await admin("/drain_listeners?inboundonly&graceful&skip_exit", "POST").catch(() => {});
  setTimeout(() => envoy.kill("SIGTERM"), wait);
});
