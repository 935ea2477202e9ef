import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const appmesh = fileURLToPath(new URL("../../bin/appmesh", import.meta.url));

/** What `appmesh redirect` prints: the rules that it would add, or its error. */
function redirect(args: readonly string[], env: NodeJS.ProcessEnv = {}): readonly string[] {
  const { status, stdout, stderr } = spawnSync(appmesh, ["redirect", ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  if (status !== 0) return stderr.trim().split("\n");
  return stdout
    .split("\n")
    .filter((line) => / -A (APPMESH|PREROUTING|OUTPUT)/.test(line))
    .map((line) => line.replace(" -w -t nat -A", ""));
}

const into = (program = "iptables") => [
  `${program} PREROUTING -p tcp -m addrtype ! --src-type LOCAL -j APPMESH_INGRESS`,
  `${program} OUTPUT -p tcp -m addrtype ! --dst-type LOCAL -j APPMESH_EGRESS`,
];

describe("appmesh redirect", function () {
  this.timeout(20_000);

  it("ignores what App Mesh ignored, unless it is told otherwise", () => {
    assert.deepEqual(redirect(["--app-ports", "8080"]), [
      "iptables APPMESH_INGRESS -p tcp -m multiport --dports 8080 -j REDIRECT --to-ports 15000",
      "iptables APPMESH_EGRESS -m owner --uid-owner 1337 -j RETURN",
      "iptables APPMESH_EGRESS -p tcp -m multiport --dports 22 -j RETURN",
      "iptables APPMESH_EGRESS -p tcp -d 169.254.169.254 -j RETURN",
      "iptables APPMESH_EGRESS -p tcp -d 169.254.170.2 -j RETURN",
      "iptables APPMESH_EGRESS -p tcp -j REDIRECT --to-ports 15001",
      ...into(),
    ]);
  });

  it("takes the environment of App Mesh's own init container", () => {
    const env = {
      APPMESH_START_ENABLED: "1",
      APPMESH_IGNORE_UID: "",
      APPMESH_IGNORE_GID: "1000",
      APPMESH_ENVOY_INGRESS_PORT: "16000",
      APPMESH_ENVOY_EGRESS_PORT: "16001",
      APPMESH_APP_PORTS: "8080, 9090",
      APPMESH_EGRESS_IGNORED_IP: "10.0.0.0/8",
      APPMESH_EGRESS_IGNORED_PORTS: "",
      APPMESH_ENABLE_IPV6: "0",
    };
    const rules = (program: string) => [
      `${program} APPMESH_INGRESS -p tcp -m multiport --dports 8080,9090 -j REDIRECT --to-ports 16000`,
      `${program} APPMESH_EGRESS -m owner --gid-owner 1000 -j RETURN`,
      ...(program === "iptables" ? ["iptables APPMESH_EGRESS -p tcp -d 10.0.0.0/8 -j RETURN"] : []),
      `${program} APPMESH_EGRESS -p tcp -j REDIRECT --to-ports 16001`,
      ...into(program),
    ];
    assert.deepEqual(redirect([], env), rules("iptables"));
    assert.deepEqual(redirect([], { ...env, APPMESH_ENABLE_IPV6: "1" }), [
      ...rules("iptables"),
      ...rules("ip6tables"),
    ]);
  });

  it("says what it cannot be", () => {
    assert.deepEqual(
      [
        ["--app-ports", "8080,http"],
        ["--egress-ignored-ips", "db.local"],
        ["--egress-ignored-ips", "10.0.0.0/33"],
        ["--ignore-uid", "envoy"],
      ].map((args) => redirect(args).join()),
      [
        `error: option '--app-ports <ports>' argument '8080,http' is invalid. "http" is no port: a port is 1 to 65535.`,
        `error: option '--egress-ignored-ips <ips>' argument 'db.local' is invalid. "db.local" is neither an address, such as 169.254.169.254, nor a network, such as 10.0.0.0/8.`,
        `error: option '--egress-ignored-ips <ips>' argument '10.0.0.0/33' is invalid. "10.0.0.0/33" is neither an address, such as 169.254.169.254, nor a network, such as 10.0.0.0/8.`,
        "error: option '--ignore-uid <id>' argument 'envoy' is invalid. It must be the number of a user or group, such as 1337.",
      ],
    );
  });
});
