// The task definitions that addMesh makes, and MeshTaskDefinition with it, keep the policy pack's own rules about sidecars.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rules } from "@pulumi-appmesh/policy-pack";
import { subjectsOf } from "@pulumi-appmesh/policy-pack/pulumi/subjects.js";
import { judged } from "@pulumi-appmesh/policy-pack/testing/judged.js";

const folder = fileURLToPath(new URL("../../../provider/components/ecs/testdata", import.meta.url));
const tasks = readdirSync(folder).filter(
  (file) => file.endsWith(".golden.json") && !file.startsWith("refused"),
);
const ofSidecars = rules.filter(
  (rule) =>
    rule.family === "sidecars" && "kinds" in rule && (rule.kinds as readonly string[]).includes("workload"),
);

describe("the rules about sidecars and the tasks of a mesh", () => {
  for (const file of tasks) {
    it(`find nothing wrong with ${file.replace(".golden.json", "").replaceAll("-", " ")}`, () => {
      const { containerDefinitions, proxyConfiguration } = JSON.parse(
        readFileSync(join(folder, file), "utf8"),
      );
      const properties = (proxyConfiguration?.properties ?? []).map(
        ({ name, value }: { name: string; value: string }) => [name, value],
      );
      const subjects = subjectsOf({
        type: "aws:ecs/taskDefinition:TaskDefinition",
        props: {
          containerDefinitions: JSON.stringify(containerDefinitions),
          ...(proxyConfiguration && {
            proxyConfiguration: { ...proxyConfiguration, properties: Object.fromEntries(properties) },
          }),
        },
      });
      assert.equal(subjects.length, 1);
      const redirected = proxyConfiguration === undefined ? "nothing is redirected by ECS" : undefined;
      assert.deepEqual(
        Object.fromEntries(
          subjects.flatMap((subject) => ofSidecars.map((rule) => [rule.name, judged(rule, subject)])),
        ),
        Object.fromEntries(
          ofSidecars.map(({ name }) => [
            name,
            ["sidecar-redirection", "sidecar-not-bypassed"].includes(name) && redirected !== undefined
              ? { notApplicable: redirected }
              : {},
          ]),
        ),
      );
    });
  }
});
