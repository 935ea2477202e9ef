import { ComponentResource } from "@pulumi/pulumi";

/** What a component gives back: every property that it has itself. */
type Told<T> = { readonly [K in keyof Omit<T, keyof ComponentResource>]: T[K] };

/** A component that tells its outputs once: as its properties, and to the engine. */
export abstract class TellingComponent extends ComponentResource {
  protected tell<T extends ComponentResource>(outputs: Told<T>): void {
    Object.assign(this, outputs);
    this.registerOutputs(outputs);
  }
}
