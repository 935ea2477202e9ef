// Where set-up put the programs that are slow to make. Set-up (tools/setup.mjs) records each one's place in
// .appmesh/tools.json of the clone; the programs themselves are in a cache of the user's, outside of it.
import { access, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

interface Tools {
  /** Folder that holds the `pulumi` executable. */
  pulumi: string;
  /** The `envoy` executable. */
  envoy: string;
  /** The Python interpreter of a virtual environment that has boto3, botocore and awscli. */
  python: string;
}

const record = fileURLToPath(new URL("../../../.appmesh/tools.json", import.meta.url));
const wayOut = `run "npm run setup" in the clone, which makes it`;

async function locate(tool: keyof Tools): Promise<string> {
  let tools: Partial<Tools>;
  try {
    tools = JSON.parse(await readFile(record, "utf8"));
  } catch (cause) {
    throw new Error(`set-up has not recorded where ${tool} is (${record}): ${wayOut}`, { cause });
  }
  const place = tools[tool];
  if (place === undefined) throw new Error(`set-up has not recorded where ${tool} is (${record}): ${wayOut}`);
  try {
    await access(place);
  } catch (cause) {
    throw new Error(`${tool} is no longer at ${place}, where set-up had it: ${wayOut} again`, { cause });
  }
  return place;
}

/** The folder of the Pulumi CLI that these tests run: put it first on PATH. */
export const pulumiFolder = (): Promise<string> => locate("pulumi");

/** The Envoy executable. */
export const envoyPath = (): Promise<string> => locate("envoy");

/** A Python interpreter that has boto3, botocore and awscli (`python -m awscli …`). */
export const python = (): Promise<string> => locate("python");
