import assert from "node:assert/strict";
import { applyRedirection, RedirectionError, redirectionScript, removalScript } from "./apply.js";
import type { Redirection, Step } from "./rules.js";

const redirection: Redirection = {
  ignoredUid: 1337,
  ingressPort: 15000,
  egressPort: 15001,
  appPorts: [8080, 9090],
  egressIgnoredIps: ["169.254.169.254", "169.254.170.2"],
  egressIgnoredPorts: [22],
  ipv6: false,
};

const removal = (program = "iptables") =>
  [
    "-D PREROUTING -p tcp -m addrtype ! --src-type LOCAL -j APPMESH_INGRESS",
    "-D OUTPUT -p tcp -m addrtype ! --dst-type LOCAL -j APPMESH_EGRESS",
    "-F APPMESH_INGRESS",
    "-X APPMESH_INGRESS",
    "-F APPMESH_EGRESS",
    "-X APPMESH_EGRESS",
  ].map((rule) => `${program} -w -t nat ${rule} 2>/dev/null || true`);

describe("redirection to a transparent proxy", () => {
  it("is what App Mesh's init container did", () => {
    assert.deepEqual(redirectionScript(redirection).split("\n"), [
      "set -e",
      ...removal(),
      "iptables -w -t nat -N APPMESH_INGRESS",
      "iptables -w -t nat -A APPMESH_INGRESS -p tcp -m multiport --dports 8080,9090 -j REDIRECT --to-ports 15000",
      "iptables -w -t nat -N APPMESH_EGRESS",
      "iptables -w -t nat -A APPMESH_EGRESS -m owner --uid-owner 1337 -j RETURN",
      "iptables -w -t nat -A APPMESH_EGRESS -p tcp -m multiport --dports 22 -j RETURN",
      "iptables -w -t nat -A APPMESH_EGRESS -p tcp -d 169.254.169.254 -j RETURN",
      "iptables -w -t nat -A APPMESH_EGRESS -p tcp -d 169.254.170.2 -j RETURN",
      "iptables -w -t nat -A APPMESH_EGRESS -p tcp -j REDIRECT --to-ports 15001",
      "iptables -w -t nat -A PREROUTING -p tcp -m addrtype ! --src-type LOCAL -j APPMESH_INGRESS",
      "iptables -w -t nat -A OUTPUT -p tcp -m addrtype ! --dst-type LOCAL -j APPMESH_EGRESS",
      "",
    ]);
  });

  it("takes IPv6 along where it is asked to, with the addresses of each", () => {
    const script = redirectionScript({
      ...redirection,
      ignoredUid: undefined,
      ignoredGid: 1000,
      appPorts: [],
      egressIgnoredIps: ["fd00:ec2::254", "10.0.0.0/8", "fd00::/8"],
      egressIgnoredPorts: [],
      ipv6: true,
    });
    const rules = (program: string) => [
      `${program} -w -t nat -N APPMESH_INGRESS`,
      `${program} -w -t nat -N APPMESH_EGRESS`,
      `${program} -w -t nat -A APPMESH_EGRESS -m owner --gid-owner 1000 -j RETURN`,
      ...(program === "iptables" ? ["10.0.0.0/8"] : ["fd00:ec2::254", "fd00::/8"]).map(
        (ip) => `${program} -w -t nat -A APPMESH_EGRESS -p tcp -d ${ip} -j RETURN`,
      ),
      `${program} -w -t nat -A APPMESH_EGRESS -p tcp -j REDIRECT --to-ports 15001`,
      `${program} -w -t nat -A PREROUTING -p tcp -m addrtype ! --src-type LOCAL -j APPMESH_INGRESS`,
      `${program} -w -t nat -A OUTPUT -p tcp -m addrtype ! --dst-type LOCAL -j APPMESH_EGRESS`,
    ];
    assert.deepEqual(script.split("\n"), [
      "set -e",
      ...removal(),
      ...removal("ip6tables"),
      ...rules("iptables"),
      ...rules("ip6tables"),
      "",
    ]);
  });

  it("names no more ports in one rule than it can", () => {
    const ports = Array.from({ length: 31 }, (_, i) => 8000 + i);
    const lines = redirectionScript({ ...redirection, appPorts: [...ports, 8000] })
      .split("\n")
      .filter((line) => line.includes("-A APPMESH_INGRESS"));
    assert.deepEqual(
      lines.map((line) => /--dports (\S+)/.exec(line)?.[1]?.split(",").map(Number)),
      [ports.slice(0, 15), ports.slice(15, 30), ports.slice(30)],
    );
  });

  it("is taken away whole", () => {
    assert.equal(
      removalScript({ ipv6: false }),
      removal()
        .map((line) => `${line}\n`)
        .join(""),
    );
  });

  /** Runs nothing, and fails at the first step with that text. */
  const recording = (failing?: string) => {
    const ran: string[] = [];
    const run = ({ args }: Step) => {
      const line = args.slice(3).join(" ");
      ran.push(line);
      return failing !== undefined && line.startsWith(failing) ? "Permission denied" : undefined;
    };
    return { ran, run };
  };

  it("replaces the one that there is", () => {
    const { ran, run } = recording();
    applyRedirection(redirection, run);
    assert.deepEqual(
      ran.map((line) => line.split(" ").slice(0, 2).join(" ")),
      [
        ...["-D PREROUTING", "-D OUTPUT", "-F APPMESH_INGRESS", "-X APPMESH_INGRESS"],
        ...["-F APPMESH_EGRESS", "-X APPMESH_EGRESS", "-N APPMESH_INGRESS", "-A APPMESH_INGRESS"],
        ...["-N APPMESH_EGRESS", ...Array(5).fill("-A APPMESH_EGRESS"), "-A PREROUTING", "-A OUTPUT"],
      ],
    );
  });

  it("is not left half done", () => {
    const { ran, run } = recording("-A PREROUTING");
    assert.throws(
      () => applyRedirection(redirection, run),
      new RedirectionError(
        "iptables -w -t nat -A PREROUTING -p tcp -m addrtype ! --src-type LOCAL -j APPMESH_INGRESS: Permission denied. " +
          "Nothing is redirected. It needs the right to change the network of this namespace: root, or the capability NET_ADMIN",
      ),
    );
    assert.deepEqual(ran.slice(-6), ran.slice(0, 6));
  });
});
