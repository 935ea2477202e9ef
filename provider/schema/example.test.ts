import { equal, throws } from "node:assert/strict";
import { type Example, exampleSection, output, secret } from "./example.js";
import { java } from "./example-java.js";
import { pcl } from "./example-pcl.js";
import { yaml } from "./example-yaml.js";
import type { ObjectSpec, PackageSpec, Properties } from "./package-spec.js";

/** Everything that an input can be. */
const example: Example = {
  title: "All there is",
  lookups: [{ variable: "found", function: "getThing", inputs: { name: "first" } }],
  resources: [
    {
      variable: "thing",
      type: "Thing",
      name: "a thing",
      inputs: {
        name: output("found", "name"),
        password: secret('se"cret'),
        mode: "FAST",
        ratio: 2,
        size: 3,
        isOn: true,
        parts: [{ text: `costs \${1}` }, { text: "true" }],
        labels: { "a-b": "1", plain: "2" },
        document: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["a:*"] }] },
      },
    },
    { variable: "last", type: "Thing", name: "last", inputs: { name: output("thing", "name") } },
  ],
  outputs: { name: output("thing", "name") },
};

const text = { type: "string", description: "A text." } as const;
const object = (properties: Properties): ObjectSpec => ({ type: "object", description: "", properties });
const schema = {
  resources: {
    "appmesh:index:Thing": {
      inputProperties: {
        name: text,
        password: text,
        mode: { $ref: "#/types/appmesh:index:Mode", description: "" },
        ratio: { type: "number", description: "" },
        size: { type: "integer", description: "" },
        isOn: { type: "boolean", description: "" },
        parts: { type: "array", items: { $ref: "#/types/appmesh:index:Part" }, description: "" },
        labels: { type: "object", additionalProperties: { type: "string" }, description: "" },
        document: { $ref: "pulumi.json#/Any", description: "" },
      },
    },
  },
  functions: { "appmesh:index:getThing": { inputs: object({ name: text }) } },
  types: {
    "appmesh:index:Mode": {
      type: "string",
      description: "",
      enum: [{ name: "Fast", value: "FAST", description: "" }],
    },
    "appmesh:index:Part": object({ text }),
  },
} as unknown as PackageSpec;

describe("an example", () => {
  it("is written in Pulumi's configuration language, in which nothing that it says is a template", () => {
    equal(
      pcl(example),
      `found = invoke("appmesh:index:getThing", { name = "first" })

resource thing "appmesh:index:Thing" {
  __logicalName = "a thing"
  name = found.name
  password = secret("se\\"cret")
  mode = "FAST"
  ratio = 2
  size = 3
  isOn = true
  parts = [{ text = "costs $\${1}" }, { text = "true" }]
  labels = { "a-b" = "1", plain = "2" }
  document = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["a:*"] }] }
}

resource last "appmesh:index:Thing" {
  __logicalName = "last"
  name = thing.name
}

output name {
  value = thing.name
}
`,
    );
  });

  it("is written in YAML, in which texts stay texts", () => {
    equal(
      yaml(example),
      `variables:
  found:
    fn::invoke:
      function: appmesh:index:getThing
      arguments:
        name: first
resources:
  thing:
    type: appmesh:index:Thing
    name: a thing
    properties:
      name: \${found.name}
      password:
        fn::secret: se"cret
      mode: FAST
      ratio: 2
      size: 3
      isOn: true
      parts:
        - text: costs $\${1}
        - text: "true"
      labels:
        a-b: "1"
        plain: "2"
      document:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action:
              - a:*
  last:
    type: appmesh:index:Thing
    name: last
    properties:
      name: \${thing.name}
outputs:
  name: \${thing.name}
`,
    );
  });

  it("is written in Java, with the types of the SDK", () => {
    equal(
      java(example, schema),
      `package program;

import com.pulumi.Context;
import com.pulumi.Pulumi;
import com.pulumi.core.Output;
import io.pulumiappmesh.appmesh.AppmeshFunctions;
import io.pulumiappmesh.appmesh.Thing;
import io.pulumiappmesh.appmesh.ThingArgs;
import io.pulumiappmesh.appmesh.enums.Mode;
import io.pulumiappmesh.appmesh.inputs.GetThingArgs;
import io.pulumiappmesh.appmesh.inputs.PartArgs;
import java.util.List;
import java.util.Map;
import java.util.Optional;

public class App {
    public static void main(String[] args) {
        Pulumi.run(App::stack);
    }

    public static void stack(Context ctx) {
        var found = AppmeshFunctions.getThing(GetThingArgs.builder()
            .name("first")
            .build());

        var thing = new Thing("a thing", ThingArgs.builder()
            .name(found.applyValue(each -> each.name()))
            .password(Output.ofSecret("se\\"cret"))
            .mode(Mode.Fast)
            .ratio(2.0)
            .size(3)
            .isOn(true)
            .parts(PartArgs.builder()
                .text("costs \${1}")
                .build(), PartArgs.builder()
                .text("true")
                .build())
            .labels(Map.ofEntries(
                Map.entry("a-b", "1"),
                Map.entry("plain", "2")))
            .document(Map.ofEntries(
                Map.entry("Version", "2012-10-17"),
                Map.entry("Statement", List.of(Map.ofEntries(
                    Map.entry("Effect", "Allow"),
                    Map.entry("Action", List.of("a:*")))))))
            .build());

        new Thing("last", ThingArgs.builder()
            .name(thing.name().applyValue(Optional::get))
            .build());

        ctx.export("name", thing.name());
    }
}
`,
    );
  });

  it("is refused in Java where it says what the schema has not", () => {
    const saying = (inputs: Example["resources"][number]["inputs"]) => () =>
      java({ title: "", resources: [{ variable: "x", type: "Thing", name: "x", inputs }] }, schema);
    throws(saying({ colour: "red" }), /^Error: ThingArgs has no colour$/);
    throws(saying({ mode: "SLOW" }), /^Error: Mode has no SLOW$/);
    throws(
      () => java({ title: "", resources: [{ variable: "x", type: "Other", name: "x", inputs: {} }] }, schema),
      /^Error: no resource Other$/,
    );
  });

  it("is a section of a description, with every language", () => {
    const programs = { typescript: "t\n", python: "p", go: "g", csharp: "c", java: "j", yaml: "y" };
    equal(
      exampleSection(example, programs),
      [
        ...["{{% examples %}}", "## Example Usage", "{{% example %}}", "### All there is", ""],
        ...["```typescript", "t", "```", "", "```python", "p", "```", "", "```go", "g", "```", ""],
        ...["```csharp", "c", "```", "", "```java", "j", "```", "", "```yaml", "y", "```"],
        ...["{{% /example %}}", "{{% /examples %}}"],
      ].join("\n"),
    );
  });
});
