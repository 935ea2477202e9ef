// What container images are on a machine that has none of them: programs of this machine in the places where the
// images have them, with the entry points and the lacks that the images have.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { collector, envoyPath } from "../tools.js";

export interface Image {
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Files and folders of this machine, by their path in the image. */
  readonly programs?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, { readonly text: string; readonly mode: number }>>;
  /** Programs of this machine that the image does not have. */
  readonly lacks?: readonly string[];
  /** Default: true. Without, it has no programs but those above. */
  readonly shell?: boolean;
}

/** An image by its reference, as task definitions and pods have it. */
export type Images = (reference: string) => Image | undefined;

/** Where the harness keeps what it needs in a container itself. */
export const hidden = { tools: "/.tasks/bin", clone: "/.tasks/clone" } as const;

/** The root of the clone. */
export const clone = fileURLToPath(new URL("../../../../", import.meta.url));

const node = "/usr/local/bin/node";

/** A program of programs/, run by Node in an image. */
export function nodeImage(program: string, image: Image = {}): Image {
  return {
    ...image,
    entryPoint: [node, `${hidden.clone}/tests/dist/support/tasks/programs/${program}.js`],
    programs: { [node]: process.execPath, ...image.programs },
  };
}

/** What the Dockerfile makes. */
const controlPlaneImage: Image = {
  entryPoint: [`${hidden.clone}/control-plane/bin/appmesh`],
  command: ["serve"],
  user: "1000:1000",
  environment: { NODE_ENV: "production", HOME: "/home/node" },
};

/** What official images that are made from Ubuntu do not have, and this machine may have. */
const notOfUbuntu = [
  ...["curl", "wget", "python", "python3", "node", "nc", "ncat", "socat", "openssl", "jq", "ss"],
  ...["ip", "iptables", "ip6tables", "nft", "go", "java", "git"],
];

/** The authorities that everybody trusts: on this machine, and in AWS's image. */
const publicTrust = "/etc/ssl/certs/ca-certificates.crt";
export const awsTrust = "/etc/pki/tls/cert.pem";

/** Envoy's entry point: options are Envoy's, and root becomes the user `envoy` (101) unless ENVOY_UID is 0. */
const envoyEntryPoint = `#!/bin/sh
set -e
case "$1" in -*) set -- envoy "$@" ;; esac
if [ "$1" = envoy ] && [ -n "$loglevel" ]; then set -- "$@" --log-level "$loglevel"; fi
if [ "$ENVOY_UID" != 0 ] && [ "$(id -u)" = 0 ]; then
  exec ${hidden.tools}/setpriv --reuid "\${ENVOY_UID:-101}" --regid "\${ENVOY_GID:-101}" --clear-groups "$@"
fi
exec "$@"
`;

/** The images that tasks and pods of a mesh are made of. Others a test adds, by their names without a tag. */
export async function meshImages(
  applications: Readonly<Record<string, Image>> = {},
  executable?: string,
): Promise<Images> {
  const envoy = executable ?? (await envoyPath());
  const realCollector = await collector();
  const config = ["-c", "/etc/envoy/envoy.yaml"];
  const trusted: Record<string, string> = existsSync(publicTrust) ? { [awsTrust]: publicTrust } : {};
  return (reference) => {
    const repository = reference.replace(/@sha256:[0-9a-f]{64}$/, "").replace(/:[^:/]*$/, "");
    if (applications[repository]) return applications[repository];
    if (/(^|\/)envoyproxy\/envoy(-distroless)?$/.test(repository)) {
      return /distroless/.test(reference)
        ? {
            entryPoint: ["/usr/local/bin/envoy"],
            command: config,
            user: "65532:65532",
            shell: false,
            programs: { "/usr/local/bin/envoy": envoy },
          }
        : {
            entryPoint: ["/docker-entrypoint.sh"],
            command: ["envoy", ...config],
            lacks: notOfUbuntu,
            programs: { "/usr/local/bin/envoy": envoy },
            files: { "/docker-entrypoint.sh": { text: envoyEntryPoint, mode: 0o755 } },
          };
    }
    if (/(^|\/)appmesh$/.test(repository)) return controlPlaneImage;
    if (/(^|\/)aws-appmesh-envoy$/.test(repository)) {
      return {
        ...nodeImage("aws-agent", { programs: { "/usr/bin/envoy": envoy, ...trusted } }),
        lacks: notOfUbuntu.filter((program) => program !== "curl"),
      };
    }
    if (/(^|\/)aws-otel-collector$/.test(repository)) {
      const check = `#!${node}\nfetch("http://127.0.0.1:13133/").then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1));\n`;
      const files = { "/healthcheck": { text: check, mode: 0o755 } };
      const image =
        realCollector === undefined
          ? nodeImage("collector", { files })
          : {
              entryPoint: ["/awscollector"],
              programs: { "/awscollector": realCollector, [node]: process.execPath },
              files,
            };
      return { ...image, command: ["--config=/etc/otel-config.yaml"], shell: false };
    }
    if (/(^|\/)aws-xray-daemon$/.test(repository)) {
      return {
        ...nodeImage("xray-daemon"),
        command: ["-t", "0.0.0.0:2000", "-b", "0.0.0.0:2000"],
        shell: false,
      };
    }
    return undefined;
  };
}
