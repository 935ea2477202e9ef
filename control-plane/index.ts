export { type Endpoint, formatEndpoint, parseEndpoint } from "./endpoint.js";
export type { Credentials } from "./identity/access-keys.js";
export { type ControlPlane, type ServeOptions, StartError, serve } from "./serve.js";
export { StoreUnavailable } from "./store/store.js";
