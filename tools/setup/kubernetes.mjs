// kube-apiserver, kubectl and Helm built by way of the Go module proxy (tools/kubernetes, tools/helm), and etcd from
// Debian: what an EKS cluster answers with, without its nodes. Only tests need them; APPMESH_SKIP_KUBERNETES=1 does without.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { makeOnce } from "./cache.mjs";
import { root } from "./clone.mjs";
import { step } from "./step.mjs";

const modules = ["go.mod", "go.sum"];

const without = "or set APPMESH_SKIP_KUBERNETES=1 to go without the tests that need a Kubernetes API server.";

/**
 * @returns {Promise<{ apiserver: string, kubectl: string, helm: string, etcd: string } | undefined>} the executables;
 * none where the user goes without them, or where there is no Go
 */
export async function ensureKubernetes() {
  if (process.env.APPMESH_SKIP_KUBERNETES === "1") return undefined;
  if (spawnSync("go", ["version"], { stdio: "ignore" }).status !== 0) return undefined;
  const etcd = await ensureEtcd();
  const kubernetes = await build("kubernetes", {
    what: "the API server of Kubernetes",
    minutes: 10,
    module: "k8s.io/kubernetes",
    programs: ["k8s.io/kubernetes/cmd/kube-apiserver", "k8s.io/kubernetes/cmd/kubectl"],
    // Without a version it says v0.0.0, and clients take it for one that knows nothing.
    stamps: (version) =>
      ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((path) => [
        `-X ${path}.gitVersion=${version}`,
        `-X ${path}.gitMajor=${version.slice(1).split(".")[0]}`,
        `-X ${path}.gitMinor=${version.split(".")[1]}`,
      ]),
  });
  const helm = await build("helm", {
    what: "Helm",
    minutes: 2,
    module: "helm.sh/helm/v3",
    programs: ["helm.sh/helm/v3/cmd/helm"],
    stamps: (version) => [`-X helm.sh/helm/v3/internal/version.version=${version}`],
  });
  return {
    apiserver: join(kubernetes, "kube-apiserver"),
    kubectl: join(kubernetes, "kubectl"),
    helm: join(helm, "helm"),
    etcd,
  };
}

function build(name, { what, minutes, module, programs, stamps }) {
  const source = join(root, "tools", name);
  const read = (file) => readFileSync(join(source, file), "utf8");
  const version = read("go.mod")
    .split("\n")
    .map((line) =>
      line
        .trim()
        .replace(/^require /, "")
        .split(" "),
    )
    .find(([path, version]) => path === module && version.startsWith("v"))[1];
  const hash = createHash("sha256");
  for (const file of modules) hash.update(read(file));
  return makeOnce(`${name}-${hash.digest("hex").slice(0, 12)}`, (folder) =>
    step(
      `building ${what} ${version} (once, about ${minutes} minutes on two cores)`,
      `Go 1.26 or later is needed, and a Go module proxy that it can reach; ${without}`,
      async (run) => {
        // In a folder of its own: Go writes beside go.mod when it likes to, and the clone stays as it is.
        const copy = join(folder, "module");
        mkdirSync(copy);
        for (const file of modules) copyFileSync(join(source, file), join(copy, file));
        for (const program of programs) {
          await run(
            "go",
            [
              ...["build", "-trimpath", "-buildvcs=false"],
              ...["-ldflags", ["-s", "-w", ...stamps(version)].join(" ")],
              ...["-o", join(folder, basename(program)), program],
            ],
            { cwd: copy, env: { ...process.env, CGO_ENABLED: "0" } },
          );
        }
        rmSync(copy, { recursive: true });
      },
    ),
  );
}

/** The user's own etcd, else Debian's, unpacked into the cache and not installed. */
async function ensureEtcd() {
  for (const folder of (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "")) {
    const own = join(folder, "etcd");
    if (spawnSync(own, ["--version"], { stdio: "ignore" }).status === 0) return own;
  }
  const folder = await makeOnce("etcd-debian", (folder) =>
    step(
      "getting etcd",
      `etcd 3.4 or later is needed: install it so that \`etcd\` is on PATH (Debian's package is etcd-server), ${without}`,
      async (run) => {
        const download = () => run("apt-get", ["download", "etcd-server"], { cwd: folder });
        // Where no list of packages was read yet, none is known.
        await download().catch(async () => {
          await run("apt-get", ["update"]);
          await download();
        });
        const archive = readdirSync(folder).find((file) => file.endsWith(".deb"));
        await run("dpkg-deb", ["--extract", archive, "unpacked"], { cwd: folder });
        copyFileSync(join(folder, "unpacked/usr/bin/etcd"), join(folder, "etcd"));
        await run(join(folder, "etcd"), ["--version"]);
        rmSync(join(folder, archive));
        rmSync(join(folder, "unpacked"), { recursive: true });
      },
    ),
  );
  return join(folder, "etcd");
}
