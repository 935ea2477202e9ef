export { type Endpoint, formatEndpoint, parseEndpoint } from "./endpoint.js";
export type { Credentials } from "./identity/access-keys.js";
export { StartError } from "./listening.js";
export { serve } from "./serve.js";
export type { ControlPlane, ServeOptions } from "./serve-options.js";
export { StoreUnavailable } from "./store/store.js";
