/** What makes programs call through an HTTP proxy, but for the hosts that they are to call directly, and their own machine. */
export function proxyVariables(proxy: string, direct: readonly string[]): Record<string, string> {
  const given = direct.map((host) => host.trim()).filter((host) => host !== "");
  const except = [...new Set([...given, "localhost", "127.0.0.1", "::1"])].join(",");
  return { HTTP_PROXY: proxy, http_proxy: proxy, NO_PROXY: except, no_proxy: except };
}
