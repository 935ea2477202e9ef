import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import { type ApiClientOptions, ApiError, callApi } from "./api-client.js";
import { addEndpointOptions, apiClientOf, type EndpointOptions } from "./api-options.js";
import { EnvironmentError } from "./credentials.js";
import { duration } from "./options.js";

interface Options extends EndpointOptions {
  readonly wait?: number;
}

const BETWEEN_TRIES = 1_000;

export function pingCommand(): Command {
  const command = new Command("ping").description(
    "ask a control plane's API whether it is there, whom it shows itself as, and whether it knows the access key",
  );
  return addEndpointOptions(command)
    .addOption(
      new Option(
        "--wait <time>",
        "how long it may take to be there, such as 30s (default: not at all)",
      ).argParser(duration),
    )
    .addHelpText(
      "after",
      "\nThe call is signed with the access key in APPMESH_ACCESS_KEY_ID and APPMESH_SECRET_ACCESS_KEY, if there is one; any key may do it." +
        "\nExit status: 0 where it answers and knows the key, else 1.",
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  try {
    const client = apiClientOf(options);
    await answered(client, Date.now() + (options.wait ?? 0) * 1_000);
    const known = client.credentials ? `, and knows the access key ${client.credentials.accessKeyId}` : "";
    process.stdout.write(`${client.endpoint} answers${known}\n`);
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof EnvironmentError)) throw error;
    process.stderr.write(`appmesh ping: ${error.message}\n`);
    process.exitCode = 1;
  }
}

async function answered(client: ApiClientOptions, deadline: number): Promise<void> {
  for (;;) {
    try {
      await callApi({ ...client, credentials: undefined }, "GET", "/healthz");
      // Every key may list the meshes that it is for.
      if (client.credentials) await callApi(client, "GET", "/v20190125/meshes?limit=1");
      return;
    } catch (error) {
      if (!(error instanceof ApiError) || Date.now() + BETWEEN_TRIES > deadline) throw error;
      await sleep(BETWEEN_TRIES);
    }
  }
}
