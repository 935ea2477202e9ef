/**
 * The vocabulary in which the model is written. A shape says everything that is known of a value: its
 * members, its limits and its meaning. Types, validation and schemas are all derived from shapes.
 */
export type Shape =
  | StringShape
  | IntegerShape
  | NumberShape
  | BooleanShape
  | EnumShape
  | ListShape
  | MapShape
  | StructureShape
  | JsonShape;

export interface StringShape {
  readonly kind: "string";
  /** Shortest and longest value, in characters. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: Pattern;
}

/**
 * A regular expression that a whole value must match, with the words that tell a person what it asks for: a phrase of
 * its own ("an Amazon Resource Name") or an addition to the length ("without spaces").
 */
export interface Pattern {
  readonly regex: RegExp;
  readonly says: string;
}

export interface IntegerShape {
  readonly kind: "integer";
  readonly min?: number;
  readonly max?: number;
}

/** A number that need not be whole. */
export interface NumberShape {
  readonly kind: "number";
  readonly min?: number;
  readonly max?: number;
}

export interface BooleanShape {
  readonly kind: "boolean";
}

export interface EnumShape<V extends string = string> {
  readonly kind: "enum";
  readonly name: string;
  readonly doc: string;
  /** Each allowed value with its meaning, in App Mesh's order. */
  readonly values: Readonly<Record<V, string>>;
}

export interface ListShape<I extends Shape = Shape> {
  readonly kind: "list";
  readonly item: I;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** Values by names that its user chooses. */
export interface MapShape<I extends Shape = Shape> {
  readonly kind: "map";
  readonly item: I;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** Whatever JSON can say: a document whose shape is somebody else's. */
export interface JsonShape {
  readonly kind: "json";
}

export interface StructureShape<M extends Members = Members, U extends boolean = boolean> {
  readonly kind: "structure";
  readonly name: string;
  readonly doc: string;
  readonly members: M;
  /** Exactly one member is given. Then `choices` says the same of all members. */
  readonly union: U;
  readonly choices: readonly Choice[];
}

/** Members that exclude each other: exactly one of them is given, or at most one if none is required. */
export interface Choice<N extends string = string> {
  readonly of: readonly N[];
  readonly required: boolean;
}

export type Members = Readonly<Record<string, Member>>;

/** One member of a structure. */
export interface Member<S extends Shape = Shape, R extends boolean = boolean> {
  readonly shape: S;
  readonly required: R;
  /** Meaning, unit, default and limits, for every reader of every SDK. */
  readonly doc: string;
  /** Whether it is for nobody's eyes. Default: false. */
  readonly secret?: boolean;
}

export const string = (limits: Omit<StringShape, "kind"> = {}): StringShape => ({
  kind: "string",
  ...limits,
});
export const integer = (limits: Omit<IntegerShape, "kind"> = {}): IntegerShape => ({
  kind: "integer",
  ...limits,
});
export const number = (limits: Omit<NumberShape, "kind"> = {}): NumberShape => ({
  kind: "number",
  ...limits,
});
export const boolean = (): BooleanShape => ({ kind: "boolean" });

export const enumeration = <V extends string>(
  name: string,
  doc: string,
  values: Readonly<Record<V, string>>,
): EnumShape<V> => ({ kind: "enum", name, doc, values });

export const list = <I extends Shape>(
  item: I,
  limits: { minItems?: number; maxItems?: number } = {},
): ListShape<I> => ({
  kind: "list",
  item,
  ...limits,
});

export const map = <I extends Shape>(
  item: I,
  limits: { minItems?: number; maxItems?: number } = {},
): MapShape<I> => ({
  kind: "map",
  item,
  ...limits,
});

export const json = (): JsonShape => ({ kind: "json" });

export const structure = <M extends Members>(
  name: string,
  doc: string,
  members: M,
  ...choices: readonly Choice<keyof M & string>[]
): StructureShape<M, false> => ({ kind: "structure", name, doc, members, union: false, choices });

export const union = <M extends Members>(name: string, doc: string, members: M): StructureShape<M, true> => ({
  kind: "structure",
  name,
  doc,
  members,
  union: true,
  choices: [exactlyOne(...Object.keys(members))],
});

export const exactlyOne = <N extends string>(...of: readonly N[]): Choice<N> => ({ of, required: true });
export const atMostOne = <N extends string>(...of: readonly N[]): Choice<N> => ({ of, required: false });

export const required = <S extends Shape>(shape: S, doc: string): Member<S, true> => ({
  shape,
  required: true,
  doc,
});
export const optional = <S extends Shape>(shape: S, doc: string): Member<S, false> => ({
  shape,
  required: false,
  doc,
});

/** A member for nobody's eyes. */
export const hidden = <M extends Member>(member: M): M => ({ ...member, secret: true });

/** The TypeScript type of the values that a shape describes. */
export type Infer<S> =
  S extends StructureShape<infer M, boolean>
    ? InferMembers<M>
    : S extends ListShape<infer I>
      ? readonly Infer<I>[]
      : S extends MapShape<infer I>
        ? { readonly [name: string]: Infer<I> }
        : S extends EnumShape<infer V>
          ? V
          : S extends StringShape
            ? string
            : S extends IntegerShape | NumberShape
              ? number
              : S extends BooleanShape
                ? boolean
                : S extends JsonShape
                  ? unknown
                  : never;

type InferMembers<M extends Members> = Flatten<
  { readonly [K in keyof M as M[K]["required"] extends true ? K : never]: Infer<M[K]["shape"]> } & {
    readonly [K in keyof M as M[K]["required"] extends true ? never : K]?: Infer<M[K]["shape"]>;
  }
>;
type Flatten<T> = { [K in keyof T]: T[K] };
