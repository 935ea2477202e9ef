// What the containers of the mesh ask of Envoy's admin interface.

/** bash, which opens connections by itself: the images of Envoy have neither curl nor wget. The answer is read from 3. */
const ask = (adminPort: number, method: "GET" | "POST", path: string): string =>
  `exec 3<>/dev/tcp/127.0.0.1/${adminPort} && ` +
  `printf '${method} ${path} HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n' >&3`;

/** Ready once the control plane has told it what to serve, and as long as it does not drain. */
export const isReady = (adminPort: number): string =>
  `${ask(adminPort, "GET", "/ready")} && read -r _ status _ <&3 && [ "$status" = 200 ]`;

/** Health checks of others fail at once; what comes in is answered all the same, and asked to come back elsewhere. */
export const drainPaths = ["/healthcheck/fail", "/drain_listeners?graceful&skip_exit&inboundonly"] as const;

/** Has it drain, a line a request. */
export const drainLines = (adminPort: number): readonly string[] =>
  drainPaths.map((path) => `{ ${ask(adminPort, "POST", path)}; cat <&3 >/dev/null; }`);
