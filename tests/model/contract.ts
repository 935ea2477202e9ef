import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { python } from "../support/tools.js";

/** The App Mesh API as AWS states it for its own clients: botocore's service description. */
export interface Contract {
  readonly operations: Readonly<Record<string, ContractOperation>>;
  readonly shapes: Readonly<Record<string, ContractShape>>;
}

export interface ContractOperation {
  readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode: number };
  readonly input: { readonly shape: string };
  readonly output: { readonly shape: string };
}

export interface ContractShape {
  readonly type: "string" | "integer" | "long" | "boolean" | "list" | "structure" | "timestamp";
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly member?: { readonly shape: string };
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly required?: readonly string[];
  readonly union?: boolean;
  readonly payload?: string;
}

const program = `
import json, sys, botocore.session
json.dump(botocore.session.get_session().get_data("appmesh/2019-01-25/service-2"), sys.stdout)
`;

export async function readContract(): Promise<Contract> {
  const { stdout } = await promisify(execFile)(await python(), ["-c", program], { maxBuffer: 64 << 20 });
  return JSON.parse(stdout);
}
