import { accessKey } from "./access-key.js";
import type { Extension } from "./extension.js";
import { meshSettings } from "./mesh-settings.js";
import { proxyIdentity } from "./proxy-identity.js";
import { proxyServiceAccount } from "./proxy-service-account.js";

/** What stands beside App Mesh's own entities. */
export const extensions: readonly Extension[] = [meshSettings, accessKey, proxyIdentity, proxyServiceAccount];
