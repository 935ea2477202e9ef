import { type ComponentType, componentToken } from "./component.js";
import { gateway } from "./mesh/gateway-args.js";
import { meshService } from "./mesh/mesh-service-args.js";

/** The components, by token. */
export const componentTypes: ReadonlyMap<string, ComponentType> = new Map(
  [meshService, gateway].map((type) => [componentToken(type), type]),
);
