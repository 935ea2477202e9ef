import { Command } from "commander";

/** The rules are a package of their own, which a control plane does without. */
export async function checkCommand(): Promise<Command> {
  try {
    return (await import("@pulumi-appmesh/policy-pack/check/command.js")).checkCommand();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    return new Command("check")
      .description("judge meshes in files by the rules of the policy pack, which is not installed")
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
