import { enumeration, type Infer } from "./shape.js";

export const IpPreference = enumeration("IpPreference", "Which IP versions proxies use to reach endpoints.", {
  IPv6_PREFERRED: "IPv6 where an endpoint has it, else IPv4.",
  IPv4_PREFERRED: "IPv4 where an endpoint has it, else IPv6.",
  IPv4_ONLY: "IPv4 alone.",
  IPv6_ONLY: "IPv6 alone.",
});
export type IpPreference = Infer<typeof IpPreference>;
