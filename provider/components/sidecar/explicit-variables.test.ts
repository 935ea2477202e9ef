import assert from "node:assert/strict";
import { withExplicitVariables } from "./explicit-variables.js";

const told = (environment: readonly { readonly name: string; readonly value: string }[]) =>
  withExplicitVariables(environment, {
    mesh: "shop",
    virtualNode: "catalog",
    adminPort: 9901,
    appPorts: [9080],
    past: ["169.254.170.2"],
  });

const about = [
  { name: "APPMESH_APP_PORT", value: "9080" },
  { name: "APPMESH_ADMIN", value: "http://127.0.0.1:9901" },
  { name: "APPMESH_MESH", value: "shop" },
  { name: "APPMESH_VIRTUAL_NODE", value: "catalog" },
];
const proxies = (direct: string) => [
  { name: "HTTP_PROXY", value: "http://127.0.0.1:15001" },
  { name: "http_proxy", value: "http://127.0.0.1:15001" },
  { name: "NO_PROXY", value: direct },
  { name: "no_proxy", value: direct },
];

describe("the environment of a program that calls through its Envoy", () => {
  it("says where it listens, and calls past Envoy what it did before", () => {
    const given = [
      { name: "LOG_LEVEL", value: "info" },
      { name: "NO_PROXY", value: "10.0.0.0/8" },
    ];
    assert.deepEqual(told(given), [
      { name: "LOG_LEVEL", value: "info" },
      ...proxies("10.0.0.0/8,169.254.170.2,localhost,127.0.0.1,::1"),
      { name: "PORT", value: "9080" },
      ...about,
    ]);
  });

  it("leaves a container its own port: of several, not all can listen on the same", () => {
    assert.deepEqual(told([{ name: "PORT", value: "9100" }]), [
      { name: "PORT", value: "9100" },
      ...proxies("169.254.170.2,localhost,127.0.0.1,::1"),
      ...about,
    ]);
  });
});
