/** One setting of the provider. */
export interface Setting {
  /** `tags` is a map of texts; in the environment and the stack's configuration it is written as JSON. */
  readonly type: "string" | "integer" | "tags";
  readonly doc: string;
  /** Environment variables that are asked where the program says nothing, the first one first. */
  readonly environment: readonly string[];
  readonly default?: string | number;
  readonly secret?: true;
}

/** What the provider can be told, in `new appmesh.Provider(...)`, as `pulumi config set appmesh:...` or by the environment. */
export const settings = {
  endpoint: {
    type: "string",
    doc: "Address of the control plane's API, such as https://mesh.example.com:7070. Defaults to http://127.0.0.1:7070, where `appmesh serve` listens.",
    environment: ["APPMESH_ENDPOINT"],
    default: "http://127.0.0.1:7070",
  },
  table: {
    type: "string",
    doc: "DynamoDB table of the control planes, which is then written directly with the AWS credentials of whoever runs Pulumi, in place of an endpoint: no control plane has to be reachable, and IAM says who may. Unset, the API at `endpoint` is called.",
    environment: ["APPMESH_TABLE"],
  },
  region: {
    type: "string",
    doc: "Region that requests are signed for, that the control plane puts into ARNs, and that the table is in. Defaults to us-east-1.",
    environment: ["APPMESH_REGION"],
    default: "us-east-1",
  },
  accessKeyId: {
    type: "string",
    doc: "Access key that the control plane has issued. Unset, requests are not signed, which a control plane accepts only if it was started without keys.",
    environment: ["APPMESH_ACCESS_KEY_ID"],
  },
  secretAccessKey: {
    type: "string",
    doc: "Secret part of the access key. It is needed as soon as accessKeyId is given.",
    environment: ["APPMESH_SECRET_ACCESS_KEY"],
    secret: true,
  },
  caCertificate: {
    type: "string",
    doc: "Certificate authority that signed the control plane's certificate: PEM text, or the path of a PEM file. Unset, the machine's own authorities are trusted.",
    environment: ["APPMESH_CA_CERTIFICATE"],
  },
  maxRetries: {
    type: "integer",
    doc: "How often a request that could not be answered is sent again, 0 to 20, with growing waits. Defaults to 4, which gives up after about three seconds.",
    environment: ["APPMESH_MAX_RETRIES"],
    default: 4,
  },
  defaultTags: {
    type: "tags",
    doc: "Tags of everything that the provider makes, besides the tags of each resource, which win over them. They are among the tags that a resource shows. APPMESH_DEFAULT_TAGS gives them as JSON.",
    environment: ["APPMESH_DEFAULT_TAGS"],
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
export type TextSettingName = Exclude<SettingName, "defaultTags">;
