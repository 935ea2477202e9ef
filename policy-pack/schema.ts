/** As much of JSON schema as settings of rules need. */
export interface JSONSchema {
  readonly type: "boolean" | "integer" | "number" | "string" | "array";
  readonly description: string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** A regular expression that a text has to match. */
  readonly pattern?: string;
  /** The text is a regular expression of JavaScript. No `format` of JSON schema: Pulumi would take it for one of Go. */
  readonly isExpression?: true;
  readonly items?: Omit<JSONSchema, "description">;
}
