import type { ObjectValue } from "../../server/values.js";
import { look } from "../mesh/look.js";

/**
 * The ports of the Service of listeners, each named for its protocol, as tools of Kubernetes read it.
 *
 * @param outer The Service's own ports, in the order of the listeners. Default: those of the listeners.
 */
export const servicePorts = (listeners: readonly unknown[], outer: readonly unknown[] = []): unknown[] =>
  listeners.map((listener, index) =>
    look(listener, ({ portMapping }: ObjectValue) =>
      look(portMapping, ({ port, protocol }: ObjectValue) => ({
        name: look(protocol, (known: string) => look(port, (number: number) => `${known}-${number}`)),
        port: outer[index] ?? port,
        targetPort: port,
      })),
    ),
  );
