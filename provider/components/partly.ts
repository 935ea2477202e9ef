/** A value of which some parts are not known yet, and left out. */
export type Partly<T> = T extends readonly (infer I)[]
  ? readonly (Partly<I> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Partly<T[K]> }
    : T;
