// Task definitions and pods, as rules see them.
import { deepEqual } from "node:assert/strict";
import { subjectsOf } from "../pulumi/subjects.js";
import { unknownText } from "../testing/judged.js";
import { NotKnownYet } from "./known.js";
import { isProxyImage, type Workload } from "./workload.js";

const read = (type: string, props: object) => subjectsOf({ type, props })[0] as Workload | undefined;
const task = (containers: readonly object[], more: object = {}) =>
  read("aws:ecs/taskDefinition:TaskDefinition", {
    containerDefinitions: JSON.stringify(containers),
    ...more,
  });
const pod = (spec: object) => read("kubernetes:core/v1:Pod", { spec });
const envoy = { name: "proxy", image: "envoyproxy/envoy:v1.40.0" };
const open = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    return error instanceof NotKnownYet ? error.path : error;
  }
};

describe("images", () => {
  it("are a proxy's by their name alone", () => {
    const all = [
      ...[
        "envoy",
        "envoy:v1",
        "envoyproxy/envoy:v1.40.0",
        "public.ecr.aws/appmesh/aws-appmesh-envoy:v1-prod",
      ],
      ...["registry:5000/team/envoy@sha256:00", "my-envoy-alpine", "envoy/proxy"],
    ];
    deepEqual(all.filter(isProxyImage), all);
    deepEqual(
      ["envoys", "noenvoy", "envoy_filter", "team.envoy", "app:envoyed", ""].filter(isProxyImage),
      [],
    );
  });
});

describe("task definitions", () => {
  it("have the proxy that they redirect to, whatever its image, and one by its image", () => {
    const redirected = (containerName: unknown) => ({
      proxyConfiguration: { containerName, properties: {} },
    });
    const proxies = (workload: Workload | undefined) => workload?.containers.map(({ isProxy }) => isProxy);
    const app = { name: "app", image: "app:1" };
    const own = { name: "own", image: "own:1" };
    deepEqual(proxies(task([app, own], redirected("own"))), [false, true]);
    deepEqual(proxies(task([app, own], redirected("none"))), undefined);
    deepEqual(proxies(task([app, envoy])), [false, true]);
    deepEqual(proxies(task([app, envoy], { proxyConfiguration: unknownText })), [false, true]);
    deepEqual(proxies(task([app, own], { proxyConfiguration: unknownText })), undefined);
    deepEqual(proxies(task([{ name: "app" }, envoy])), [false, true]);
  });

  it("say of their containers what rules ask", () => {
    const [first, second] =
      task([
        {
          ...envoy,
          user: "1337",
          essential: false,
          healthCheck: { command: ["a"] },
          dependsOn: [
            { containerName: "a", condition: "HEALTHY" },
            { containerName: "b", condition: "START" },
          ],
          environment: [{ name: "A", value: "1" }, { name: "B" }],
          environmentFiles: [{ type: "s3", value: "arn:x" }],
          entryPoint: ["/bin/sh"],
          command: ["-c", "run"],
          firelensConfiguration: { type: "fluentbit" },
        },
        {},
      ])?.containers ?? [];
    const at = (index: number) => {
      const path = ["containerDefinitions", index];
      return Object.fromEntries(
        ["image", "user", "essential", "healthCheck", "dependsOn", "environment"].map((name) => [
          name,
          [...path, name],
        ]),
      );
    };
    const seen = (container: typeof first) => JSON.parse(JSON.stringify({ ...container }));
    deepEqual(seen(first), {
      name: "proxy",
      image: envoy.image,
      isProxy: true,
      user: "1337",
      essential: false,
      healthChecked: true,
      startsAfter: ["a", "b"],
      startsAfterHealthy: ["a"],
      isLogRouter: true,
      environment: [
        { name: "A", value: "1", path: ["containerDefinitions", 0, "environment", 0, "value"] },
        { name: "B", value: "", path: ["containerDefinitions", 0, "environment", 1, "value"] },
      ],
      environmentElsewhere: true,
      command: "/bin/sh -c run",
      path: ["containerDefinitions", 0],
      at: at(0),
    });
    deepEqual(seen(second), {
      name: "",
      image: "",
      isProxy: false,
      essential: true,
      healthChecked: false,
      startsAfter: [],
      startsAfterHealthy: [],
      isLogRouter: false,
      environment: [],
      environmentElsewhere: false,
      command: "",
      path: ["containerDefinitions", 1],
      at: at(1),
    });
  });
});

describe("pods", () => {
  it("say of their containers what rules ask", () => {
    const workload = pod({
      securityContext: { runAsUser: 7 },
      initContainers: [
        { name: "setup", image: "setup" },
        { name: "sidecar", image: "tool", restartPolicy: "Always" },
      ],
      containers: [
        {
          ...envoy,
          env: [
            { name: "A", value: "1" },
            { name: "B", valueFrom: {} },
          ],
          startupProbe: {},
          command: ["envoy"],
          args: ["-c", "x"],
          securityContext: { runAsNonRoot: true },
        },
        { name: "app", image: "app", securityContext: { runAsUser: 0 }, envFrom: [{}] },
      ],
    });
    const path = ["spec", "containers", 0];
    deepEqual(JSON.parse(JSON.stringify(workload?.containers[1])), {
      name: "proxy",
      image: envoy.image,
      isProxy: true,
      user: "7",
      essential: true,
      healthChecked: true,
      startsAfter: [],
      startsAfterHealthy: [],
      isLogRouter: false,
      environment: [{ name: "A", value: "1", path: [...path, "env", 0, "value"] }],
      environmentElsewhere: true,
      command: "envoy -c x",
      path,
      at: {
        image: [...path, "image"],
        user: [...path, "securityContext", "runAsUser"],
        essential: path,
        healthCheck: [...path, "readinessProbe"],
        dependsOn: path,
        environment: [...path, "env"],
      },
    });
    deepEqual(
      workload?.containers.map(({ name, path, user, healthChecked, environmentElsewhere }) => [
        ...[name, path.join("."), user, healthChecked, environmentElsewhere],
      ]),
      [
        ["sidecar", "spec.initContainers.1", "7", false, false],
        ["proxy", "spec.containers.0", "7", true, true],
        ["app", "spec.containers.1", "0", false, true],
      ],
    );
    deepEqual([workload?.form, workload?.redirection], ["kubernetes", undefined]);
  });

  it("have the user that the container, the pod or the image says", () => {
    const user = (securityContext: unknown, ofPod: object = {}) =>
      open(
        () =>
          pod({
            ...ofPod,
            containers: [{ ...envoy, ...(securityContext !== undefined && { securityContext }) }],
          })?.containers[0]?.user,
      );
    deepEqual(user(undefined), undefined);
    deepEqual(user({ runAsNonRoot: true }), "any but root");
    deepEqual(user({ runAsNonRoot: false }), undefined);
    deepEqual(user({ runAsNonRoot: "true" }), undefined);
    deepEqual(user({}, { securityContext: { runAsNonRoot: true } }), "any but root");
    deepEqual(user({ runAsUser: 5 }, { securityContext: { runAsUser: 7 } }), "5");
    deepEqual(user(unknownText), ["spec", "containers", 0, "securityContext"]);
  });

  it("are found with each of the probes, and without an image that is known", () => {
    for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"])
      deepEqual(pod({ containers: [{ ...envoy, [probe]: {} }] })?.containers[0]?.healthChecked, true, probe);
    deepEqual(pod({ containers: [{ name: "a", image: unknownText }] }), undefined);
    const workload = pod({ containers: [{ name: "a", image: unknownText }, envoy] });
    deepEqual(
      [workload?.containers[0]?.isProxy, open(() => workload?.containers[0]?.image)],
      [false, ["spec", "containers", 0, "image"]],
    );
    deepEqual(pod({ template: "no pod" }), undefined);
    deepEqual(read("kubernetes:core/v1:Pod", { spec: unknownText }), undefined);
    deepEqual(read("kubernetes:core/v1:Pod", {}), undefined);
  });
});
