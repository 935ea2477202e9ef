import { isIP } from "node:net";
import type { ExplicitInterception, Interception } from "./entities.js";

/** Where redirected traffic arrives; the ports of ECS's proxyConfiguration and of the init container. */
export const ingressPort = 15000;
export const egressPort = 15001;

export const transparent: Interception = { mode: "transparent" };

/** One object for all transparent proxies, and for each explicit one its own, as an argument of `memo`. */
export const interceptionKey = (interception: Interception): Interception =>
  interception.mode === "transparent" ? transparent : interception;

/** Where the egress of an explicit proxy listens: never where other machines reach it. */
export const egressAddress = ({ address }: ExplicitInterception): string =>
  (isIP(address) === 4 && address.startsWith("127.")) || address === "::1" ? address : "127.0.0.1";

/** The port of the application behind a listener. */
export const appPort = (interception: Interception, port: number): number =>
  interception.mode === "transparent"
    ? port
    : (interception.appPorts[port] ?? interception.appPorts["*"] ?? port);

/** Whether both addresses take the same connections. */
export const overlap = (a: string, b: string): boolean => a === b || isAny(a) || isAny(b);
const isAny = (address: string) => address === "0.0.0.0" || address === "::";
