// Stacks on the real engine, with the policy pack in its own process as users run it.
import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ComponentResource, type ComponentResourceOptions, type Inputs } from "@pulumi/pulumi";
import { type Run, TestStack } from "../provider/stack.js";
import { analyzerIn } from "../support/analyzer.js";
import { temporaryFolder } from "../support/control-plane.js";

export const pack = fileURLToPath(new URL("../../../policy-pack", import.meta.url));

export async function policedStack(env: Record<string, string>, settings?: object): Promise<TestStack> {
  process.env.PATH = [analyzerIn(temporaryFolder()), process.env.PATH].join(delimiter);
  if (settings === undefined) return TestStack.create(env);
  const file = join(temporaryFolder(), "settings.json");
  writeFileSync(file, JSON.stringify(settings));
  return TestStack.create({ ...env, APPMESH_POLICY_SETTINGS: file });
}

/** What the engine shows to a pack of a resource of any type, without the plugin that would make it. */
export class Shown extends ComponentResource {
  constructor(type: string, name: string, props: Inputs, options: ComponentResourceOptions = {}) {
    super(type, name, props, options);
    this.registerOutputs(props);
  }
}

/** What the pack said, in the order of what it is about. */
export interface Said {
  readonly rule: string;
  readonly level: string;
  readonly about: string;
  readonly message: string;
}

export const said = ({ events }: Run): Said[] =>
  events
    .flatMap(({ policyEvent }) =>
      policyEvent === undefined
        ? []
        : [
            {
              rule: policyEvent.policyName,
              level: policyEvent.enforcementLevel,
              about: policyEvent.resourceUrn?.split("::").slice(3).join("::") ?? "",
              message: policyEvent.message.replace(/<\{%[^%]*%\}>/g, "").trim(),
            },
          ],
    )
    .toSorted((a, b) =>
      `${a.rule} ${a.about} ${a.message}`.localeCompare(`${b.rule} ${b.about} ${b.message}`),
    );
