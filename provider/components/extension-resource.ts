import {
  CustomResource,
  type CustomResourceOptions,
  type Inputs,
  mergeOptions,
  type Output,
} from "@pulumi/pulumi";
import type { Extension } from "../extensions/extension.js";
import { pluginDownloadURL, version } from "../server/version.js";

/** What stands beside the entities of a mesh, as a child of a component. The generated SDK is made from this package. */
export class ExtensionResource extends CustomResource {
  constructor(
    { token, outputs, secrets }: Extension,
    name: string,
    args: Inputs,
    opts: CustomResourceOptions,
  ) {
    // An output is there where it was asked for, by a member without a value.
    const asked = Object.fromEntries(Object.keys(outputs).map((output) => [output, undefined]));
    // The same version as the SDK's resources ask for, so that they share one provider.
    const own = { version, pluginDownloadURL, additionalSecretOutputs: [...secrets] };
    super(token, name, { ...asked, ...args }, mergeOptions(own, opts));
  }

  get<T>(output: string): Output<T> {
    return (this as unknown as Record<string, Output<T>>)[output] as Output<T>;
  }
}
