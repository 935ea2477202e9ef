// A mesh of two: `front` calls `app.local`, which the virtual node `app` is.
import assert from "node:assert/strict";
import type { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import type { ControlPlane } from "../support/control-plane.js";

/** The program behind the proxy of `app`, for `node -e`. */
export const appProgram = `
  require("node:http")
    .createServer((request, response) => response.end(JSON.stringify({ server: "app", url: request.url })))
    .listen(Number(process.env.PORT), "127.0.0.1", () => console.log("serving"));
`;

/** Makes the mesh `shop`, whose application is at this address. */
export async function makeFrontAndApp(controlPlane: ControlPlane, address: string): Promise<void> {
  const put = async (path: string, body: object) => {
    const { status, body: answer } = await controlPlane.call("PUT", `/v20190125/meshes${path}`, body);
    assert.equal(status, 200, JSON.stringify(answer));
  };
  await put("", { meshName: "shop" });
  await put("/shop/virtualNodes", {
    virtualNodeName: "app",
    spec: {
      listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
      serviceDiscovery: { dns: { hostname: address } },
    },
  });
  await put("/shop/virtualServices", {
    virtualServiceName: "app.local",
    spec: { provider: { virtualNode: { virtualNodeName: "app" } } },
  });
  await put("/shop/virtualNodes", {
    virtualNodeName: "front",
    spec: { backends: [{ virtualService: { virtualServiceName: "app.local" } }] },
  });
}

/** What a proxy shows of itself on port 8080; undefined where it speaks no TLS. */
export function shownAt(address: string): Promise<X509Certificate | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 8080, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate());
      socket.destroy();
    });
    socket.on("error", () => resolve(undefined));
  });
}
