// An entry of its own, since the SDK takes longer to load than all of the pack.
export { appMeshPolicies, type SdkPolicy } from "./pulumi/sdk-policies.js";
