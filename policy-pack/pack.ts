import { PolicyPack } from "@pulumi/policy";
import { initialConfig, policies } from "./pulumi/policies.js";
import { configure, type PackSettings } from "./settings.js";

/**
 * The rules as a Pulumi policy pack. Making it starts to serve it: it is all that a pack's program does.
 *
 * Throws SettingsError where the settings name something that there is not.
 */
export class AppMeshPolicyPack extends PolicyPack {
  constructor(name = "appmesh", settings: PackSettings = {}) {
    const configuration = configure(settings);
    super(name, { policies: policies(configuration) }, initialConfig(configuration));
  }
}
