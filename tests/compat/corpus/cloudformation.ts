// The API's requests for what a CloudFormation template says. The properties of AWS::AppMesh types are the members of
// the API's inputs, in other letters.
import type { Request } from "./corpus.js";

export interface Template {
  readonly Parameters?: Readonly<Record<string, { readonly Default: string }>>;
  readonly Resources: Readonly<Record<string, Resource>>;
}

interface Resource {
  /** AWS::AppMesh::VirtualNode */
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** One request to create each resource, in the order of the template. */
export function requestsOf(template: Template): Request[] {
  return Object.values(template.Resources).map(({ Type, Properties }) => ({
    operation: `Create${Type.split("::")[2]}`,
    input: members(Properties, template) as Record<string, unknown>,
  }));
}

function members(value: unknown, template: Template): unknown {
  if (Array.isArray(value)) return value.map((item) => members(item, template));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [[name = "", argument] = []] = entries;
  if (name === "Ref") return parameter(argument, template);
  if (name === "Fn::Sub") {
    return argument.replaceAll(/\$\{(\w+)\}/g, (_: string, name: string) => parameter(name, template));
  }
  if (name === "Fn::GetAtt") {
    const [resource, attribute] = argument as [string, string];
    return members(template.Resources[resource]?.Properties[attribute], template);
  }
  return Object.fromEntries(entries.map(([name, member]) => [memberName(name), members(member, template)]));
}

function parameter(name: string, { Parameters }: Template): string {
  const given = Parameters?.[name]?.Default;
  if (given === undefined) throw new Error(`the template has no parameter ${name}`);
  return given;
}

/** MeshName -> meshName, TLS -> tls, HTTP2 -> http2, AWSCloudMap -> awsCloudMap. */
const memberName = (name: string): string =>
  name.replace(/^([A-Z]+(?![a-z])|[A-Z])/, (start) => start.toLowerCase());
