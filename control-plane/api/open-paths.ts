import type { FastifyRequest } from "fastify";

/** Whether the control plane lives is nobody's secret, and what asks for it cannot sign. */
const open = new Set(["/healthz", "/readyz"]);

/**
 * What is answered to whoever asks. The numbers of /metrics are for programs of this machine, too: off the machine,
 * they are asked for with a signature, or on a listener of their own.
 */
export const isOpen = (request: FastifyRequest): boolean =>
  open.has(request.url) ||
  (request.url === "/metrics" && isLoopback(request.ip) && isLocalName(request.hostname));

export const isLocalName = (name: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(name.replace(/\.$/, ""));

const isLoopback = (address: string): boolean => /^((::ffff:)?127(\.\d{1,3}){3}|::1)$/.test(address);
