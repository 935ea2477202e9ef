/** bash, which opens connections by itself: the images of Envoy have neither curl nor wget. The answer is read from 3. */
export const ask = (adminPort: number, method: "GET" | "POST", path: string): string =>
  `exec 3<>/dev/tcp/127.0.0.1/${adminPort} && ` +
  `printf '${method} ${path} HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n' >&3`;
