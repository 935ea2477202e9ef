import { byName, isMembers, type Members } from "./members.js";

/**
 * A task definition in Pulumi's words, in which the proxy's properties are an object.
 *
 * @param list where the proxy has them as a list of names and values
 */
export function inPulumiWords(props: Members, list: "properties" | "proxyConfigurationProperties"): Members {
  const { proxyConfiguration } = props;
  if (!isMembers(proxyConfiguration)) return props;
  const properties = byName(proxyConfiguration[list], "name");
  return { ...props, proxyConfiguration: { ...proxyConfiguration, properties } };
}
