import type { Input } from "@pulumi/pulumi";
import type { ControllerInputs } from "./controller-args.js";

/** Inputs as they come: members of those that are plain may be outputs. */
type Given<T> = T extends undefined
  ? undefined
  : T extends object
    ? { readonly [K in keyof T]: Given<T[K]> }
    : Input<T>;
export type AppMeshControllerArgs = {
  readonly [K in keyof ControllerInputs]: Given<ControllerInputs[K]>;
} & { readonly region: Input<string>; readonly accountId: Input<string> };
