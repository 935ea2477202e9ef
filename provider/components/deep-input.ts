import type { Input, Output } from "@pulumi/pulumi";

/** A value of which every part may be an output. */
export type DeepInput<T> = Input<
  T extends readonly (infer I)[] ? readonly DeepInput<I>[] : T extends object ? DeepInputs<T> : T
>;

/** The same for the arguments of a component, which are an object themselves. */
export type DeepInputs<T> = { readonly [K in keyof T]: DeepInput<Exclude<T[K], undefined>> };

/** The inputs with such names known at once, all others once they are there. */
export type WithPlain<T, P extends PropertyKey> = Omit<T, P> & {
  readonly [K in keyof Pick<T, Extract<P, keyof T>>]: Exclude<T[K], Promise<unknown> | Output<unknown>>;
};
