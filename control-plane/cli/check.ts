import { Command } from "commander";
import { ApiError } from "./api-client.js";
import { type ApiOptions, addApiOptions, apiClientOf } from "./api-options.js";
import { EnvironmentError } from "./credentials.js";
import { meshName, misuseEndsWith } from "./options.js";
import { readMesh } from "./read-mesh.js";

/** The rules are a package of their own, which a control plane does without. */
export async function checkCommand(): Promise<Command> {
  try {
    const { checkCommand } = await import("@pulumi-appmesh/policy-pack/check/command.js");
    return checkCommand({
      addOptions: (command) =>
        addApiOptions(
          misuseEndsWith(2, command).option("--mesh <name>", "mesh of a running control plane", meshName),
        ),
      async read(options) {
        const { mesh, ...api } = options as ApiOptions & { readonly mesh?: string };
        if (mesh === undefined) return undefined;
        return { from: api.endpoint, entities: await readMesh(apiClientOf(api), mesh, api.meshOwner) };
      },
      isExpected: (error) => error instanceof ApiError || error instanceof EnvironmentError,
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    return new Command("check")
      .description("judge meshes by the rules of the policy pack, which is not installed")
      .argument("[file...]")
      .allowUnknownOption()
      .action(() => {
        process.stderr.write(
          "appmesh check: the rules are in a package of their own, which is not installed: npm install @pulumi-appmesh/policy-pack\n",
        );
        process.exitCode = 2;
      });
  }
}
