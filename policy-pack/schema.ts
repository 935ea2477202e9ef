/** As much of JSON schema as settings of rules need. */
export interface JSONSchema {
  readonly type: "boolean" | "integer" | "number" | "string" | "array" | "object";
  readonly description: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Omit<JSONSchema, "description">;
}
