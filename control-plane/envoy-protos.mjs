// Generates the TypeScript types of the Envoy messages that the control plane speaks (control-plane/gen)
// from the .proto files that the npm package @grpc/grpc-js-xds carries. Run by `npm run build`, and again
// only when its inputs change: this file and the versions of the packages it uses.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const packageFolder = (name) => {
  for (const folder of require.resolve.paths(name)) {
    const candidate = join(folder, name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
  }
  throw new Error(`the npm package ${name} is not installed: run "npm ci"`);
};

/** The messages that translation and xDS name; what they import comes along. */
const files = [
  "envoy/config/accesslog/v3/accesslog",
  "envoy/config/bootstrap/v3/bootstrap",
  "envoy/config/cluster/v3/cluster",
  "envoy/config/core/v3/base",
  "envoy/config/endpoint/v3/endpoint",
  "envoy/config/listener/v3/listener",
  "envoy/config/overload/v3/overload",
  "envoy/config/route/v3/route",
  "envoy/config/trace/v3/opentelemetry",
  "envoy/config/trace/v3/xray",
  "envoy/extensions/access_loggers/file/v3/file",
  "envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster",
  "envoy/extensions/common/dynamic_forward_proxy/v3/dns_cache",
  "envoy/extensions/filters/http/dynamic_forward_proxy/v3/dynamic_forward_proxy",
  "envoy/extensions/filters/http/health_check/v3/health_check",
  "envoy/extensions/filters/http/router/v3/router",
  "envoy/extensions/filters/listener/original_dst/v3/original_dst",
  "envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector",
  "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager",
  "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy",
  "envoy/extensions/matching/common_inputs/network/v3/network_inputs",
  "envoy/extensions/matching/input_matchers/consistent_hashing/v3/consistent_hashing",
  "envoy/extensions/retry/host/previous_hosts/v3/previous_hosts",
  "envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections",
  "envoy/extensions/transport_sockets/tls/v3/tls",
  "envoy/extensions/upstreams/http/v3/http_protocol_options",
  "envoy/service/discovery/v3/ads",
  "envoy/service/discovery/v3/discovery",
];

const protos = join(packageFolder("@grpc/grpc-js-xds"), "deps");
/** Beside the sources, where TypeScript finds the types, and beside the compiled code, where Node finds the rest. */
const outs = [join(here, "gen"), join(here, "dist/gen")];
const version = (name) => JSON.parse(readFileSync(join(packageFolder(name), "package.json"), "utf8")).version;
const inputs = createHash("sha256")
  .update(readFileSync(fileURLToPath(import.meta.url)))
  .update(["@grpc/grpc-js-xds", "@bufbuild/buf", "@bufbuild/protoc-gen-es"].map(version).join())
  .digest("hex");
const upToDate = (out) =>
  existsSync(join(out, ".stamp")) && readFileSync(join(out, ".stamp"), "utf8") === inputs;
if (outs.every(upToDate)) process.exit(0);

console.log("generating Envoy's protobuf types");
// In a folder of its own until it is whole: somebody may be using what is there.
const unfinished = join(here, "dist", `gen-${process.pid}.tmp`);
const patched = join(unfinished, "patched", "validate");
mkdirSync(patched, { recursive: true });
// The package's copy of validate.proto is older than the files that use it: it lacks one option that they set.
const strict = "optional bool strict = 25 [default = true];";
const validate = readFileSync(join(protos, "protoc-gen-validate/validate/validate.proto"), "utf8");
if (!validate.includes(strict))
  throw new Error("validate.proto has changed: look at the patch in envoy-protos.mjs");
writeFileSync(
  join(patched, "validate.proto"),
  validate.replace(strict, `${strict}\n  optional bool ignore_empty = 26;`),
);

// buf wants module paths below the folder it runs in.
const workspace = dirname(dirname(dirname(dirname(protos))));
const below = (path) => relative(workspace, path);
const bufConfig = {
  version: "v2",
  modules: ["envoy-api", "xds", "googleapis"]
    .map((name) => ({ path: below(join(protos, name)) }))
    .concat({ path: below(dirname(patched)) }),
};
const template = {
  version: "v2",
  plugins: [
    {
      local: [process.execPath, require.resolve("@bufbuild/protoc-gen-es/bin/protoc-gen-es")],
      out: join(unfinished, "gen"),
      opt: ["target=js+dts", "json_types=true", "import_extension=js"],
      include_imports: true,
    },
  ],
};
execFileSync(
  process.execPath,
  [
    join(packageFolder("@bufbuild/buf"), "bin/buf"),
    "generate",
    "--config",
    JSON.stringify(bufConfig),
    "--template",
    JSON.stringify(template),
    ...files.flatMap((file) => ["--path", below(join(protos, "envoy-api", `${file}.proto`))]),
  ],
  {
    cwd: workspace,
    stdio: "inherit",
    env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` },
  },
);
writeFileSync(join(unfinished, "gen/.stamp"), inputs);
for (const out of outs) {
  const copy = join(unfinished, "copy");
  cpSync(join(unfinished, "gen"), copy, { recursive: true });
  rmSync(out, { recursive: true, force: true });
  renameSync(copy, out);
}
rmSync(unfinished, { recursive: true });
