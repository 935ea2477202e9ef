import { deepEqual } from "node:assert/strict";
import { subjectsOf } from "../../pulumi/subjects.js";
import type { Rule, Subject } from "../../rule.js";
import { complies, judged, unknownObject, unknownText } from "../../testing/judged.js";
import { declarationsReadable } from "../declarations/declarations-readable.js";
import { sidecarEssential } from "./sidecar-essential.js";
import { sidecarHealthChecked } from "./sidecar-health-checked.js";
import { sidecarImagePinned } from "./sidecar-image-pinned.js";
import { sidecarNoPlainSecrets } from "./sidecar-no-plain-secrets.js";
import { sidecarNotBypassed } from "./sidecar-not-bypassed.js";
import { sidecarNotRoot } from "./sidecar-not-root.js";
import { sidecarRedirection } from "./sidecar-redirection.js";
import { sidecarStartOrder } from "./sidecar-start-order.js";

const image = "envoyproxy/envoy:v1.40.0";
const envoy = { name: "envoy", image, user: "1337", essential: true, healthCheck: { command: ["CMD", "x"] } };
const app = { name: "app", image: "shop:1", dependsOn: [{ containerName: "envoy", condition: "HEALTHY" }] };
const proxyConfiguration = { type: "APPMESH", containerName: "envoy", properties: { IgnoredUID: "1337" } };

const read = (type: string, props: object): Subject | undefined => subjectsOf({ type, props })[0];
const task = (containers: readonly object[], more: object = { proxyConfiguration }) =>
  read("aws:ecs/taskDefinition:TaskDefinition", {
    containerDefinitions: JSON.stringify(containers),
    ...more,
  });
const podSpec = (container: object, pod: object = {}) => ({
  containers: [
    { name: "app", image: "shop:1" },
    { name: "envoy", image, ...container },
  ],
  ...pod,
});
const deployment = (container: object, pod?: object) =>
  read("kubernetes:apps/v1:Deployment", { spec: { template: { spec: podSpec(container, pod) } } });

const said = (rule: Rule, subject: Subject | undefined, config?: object) =>
  subject && judged(rule, subject, config);

const all = [
  ...[sidecarImagePinned, sidecarNotRoot, sidecarRedirection, sidecarEssential],
  ...[sidecarHealthChecked, sidecarStartOrder, sidecarNoPlainSecrets],
];

describe("rules about sidecars", () => {
  it("are content with a task and with pods as they should be", () => {
    for (const rule of all) deepEqual(said(rule, task([app, envoy])), complies, rule.name);
    const pods = deployment({ securityContext: { runAsUser: 1337 }, readinessProbe: {} });
    for (const rule of [sidecarImagePinned, sidecarNotRoot, sidecarHealthChecked, sidecarNoPlainSecrets])
      deepEqual(said(rule, pods), complies, rule.name);
  });

  it("say nothing of tasks and pods without a proxy, nor of what cannot be read", () => {
    deepEqual(task([app], {}), undefined);
    deepEqual(read("aws:ecs/taskDefinition:TaskDefinition", { containerDefinitions: "{" }), undefined);
    deepEqual(read("aws:ecs/taskDefinition:TaskDefinition", { containerDefinitions: "{}" }), undefined);
    deepEqual(read("kubernetes:core/v1:Pod", { spec: { containers: [app] } }), undefined);
    deepEqual(read("kubernetes:core/v1:Pod", { spec: unknownObject }), undefined);
    deepEqual(read("kubernetes:core/v1:ConfigMap", {}), undefined);
  });

  it("look at nothing that is not known where they are about something else", () => {
    const plain = {
      image: "envoyproxy/envoy:v1.40.0",
      securityContext: { runAsUser: 1337 },
      readinessProbe: {},
    };
    const pod = (app: object, proxy: object) =>
      read("kubernetes:core/v1:Pod", { spec: { containers: [app, { name: "envoy", ...plain, ...proxy }] } });
    const mystery = {
      name: "app",
      image: unknownText,
      securityContext: unknownObject,
      readinessProbe: unknownObject,
    };
    for (const rule of [sidecarImagePinned, sidecarNotRoot, sidecarHealthChecked])
      deepEqual(said(rule, pod(mystery, {})), complies, rule.name);
    const containerDefinitions = [
      { ...app, image: unknownText, user: unknownText, essential: unknownText, healthCheck: unknownText },
      envoy,
    ];
    const tasks = read("aws:ecs/taskDefinition:TaskDefinition", { containerDefinitions });
    for (const rule of [sidecarEssential, sidecarHealthChecked])
      deepEqual(said(rule, tasks), complies, rule.name);
    const secrets = [
      { name: "APPMESH_VIRTUAL_NODE_NAME", value: unknownText },
      { name: "TOKEN", value: "x" },
    ];
    for (const [subject, place] of [
      [pod({ ...mystery, env: secrets }, {}), "spec.containers[0].env"],
      [
        read("aws:ecs/taskDefinition:TaskDefinition", {
          containerDefinitions: [{ ...app, environment: secrets }, envoy],
        }),
        "containerDefinitions[0].environment",
      ],
    ] as const)
      deepEqual(said(sidecarNoPlainSecrets, subject), {
        findings: [
          `${place}[1].value: TOKEN stands there in plain text; give it by ${place.startsWith("spec") ? "valueFrom.secretKeyRef" : "secrets"}.`,
        ],
        open: [`${place}[0].value`],
      });
  });

  it("judge what is beside a container that is not known", () => {
    const latest = { name: "envoy", image: "envoy:latest" };
    const found = (place: string) => ({
      findings: [`${place}.image: envoy:latest is whatever is newest; name a version or a digest.`],
    });
    deepEqual(
      said(
        sidecarImagePinned,
        read("kubernetes:core/v1:Pod", { spec: { containers: [unknownObject, latest] } }),
      ),
      found("spec.containers[1]"),
    );
    const tasks = (...containerDefinitions: unknown[]) =>
      read("aws:ecs/taskDefinition:TaskDefinition", { containerDefinitions });
    deepEqual(said(sidecarImagePinned, tasks(unknownObject, latest)), found("containerDefinitions[1]"));
    deepEqual(said(sidecarNoPlainSecrets, tasks(unknownObject, envoy)), {
      open: ["containerDefinitions[0]"],
    });
    // It may be the proxy.
    deepEqual(said(declarationsReadable, tasks(app, unknownObject)), { open: ["containerDefinitions[1]"] });
    deepEqual(said(declarationsReadable, tasks(unknownObject)), { open: ["containerDefinitions[0]"] });
    for (const nothing of [null, 7, "junk"])
      deepEqual(said(sidecarImagePinned, tasks(nothing, latest)), found("containerDefinitions[1]"));
    deepEqual(read("kubernetes:core/v1:Pod", { spec: { containers: [unknownObject] } }), undefined);
  });

  it("take users for what they are, as numbers too", () => {
    const user = 1337;
    const properties = { IgnoredUID: 1337 };
    const numbers = read("aws:ecs/taskDefinition:TaskDefinition", {
      containerDefinitions: [app, { ...envoy, user }],
      proxyConfiguration: { ...proxyConfiguration, properties },
    });
    for (const rule of all) deepEqual(said(rule, numbers), complies, rule.name);
  });

  it("take what drains a proxy for none, and let those be that it waits for", () => {
    const drain = { name: "drain", image, dependsOn: [{ containerName: "envoy", condition: "HEALTHY" }] };
    const redirect = { name: "redirect", image: "iptables:1" };
    const router = { name: "router", image: "fluent-bit:1", firelensConfiguration: { type: "fluentbit" } };
    const after = { ...envoy, dependsOn: [{ containerName: "redirect", condition: "SUCCESS" }] };
    for (const rule of all)
      deepEqual(said(rule, task([drain, app, router, redirect, after])), complies, rule.name);
  });

  it("find the proxy in every kind of pod, and among init containers that go on", () => {
    const container = { name: "envoy", image: "envoy" };
    const pinned = (place: string) => ({
      findings: [`${place}.image: envoy names no version; name a version or a digest.`],
    });
    deepEqual(
      said(sidecarImagePinned, read("kubernetes:core/v1:Pod", { spec: { containers: [container] } })),
      pinned("spec.containers[0]"),
    );
    const job = { jobTemplate: { spec: { template: { spec: { containers: [container] } } } } };
    deepEqual(
      said(sidecarImagePinned, read("kubernetes:batch/v1:CronJob", { spec: job })),
      pinned("spec.jobTemplate.spec.template.spec.containers[0]"),
    );
    const initContainers = [
      { name: "init", image: "envoy" },
      { ...container, restartPolicy: "Always" },
    ];
    deepEqual(
      said(
        sidecarImagePinned,
        read("kubernetes:apps/v1:DaemonSet", {
          spec: { template: { spec: { initContainers, containers: [app] } } },
        }),
      ),
      pinned("spec.template.spec.initContainers[1]"),
    );
  });
});

describe("sidecar-image-pinned", () => {
  const pinned = (image: string, minimumVersion = "") =>
    said(sidecarImagePinned, task([{ ...envoy, image }, app]), { minimumVersion });

  it("takes versions and digests, and finds what moves", () => {
    deepEqual(pinned("registry:5000/envoyproxy/envoy:distroless-v1.36.0"), complies);
    for (const tag of ["v1.36-latest", "dev", "distroless-dev", "contrib-v1.36-latest", "nightly"])
      deepEqual(pinned(`registry:5000/envoyproxy/envoy:${tag}`), {
        findings: [
          `containerDefinitions[0].image: registry:5000/envoyproxy/envoy:${tag} is whatever is newest; name a version or a digest.`,
        ],
      });
    deepEqual(pinned("envoy:devices-1"), complies);
    deepEqual(pinned(`envoyproxy/envoy:latest@sha256:${"a".repeat(64)}`), complies);
    deepEqual(pinned(`envoyproxy/envoy@sha256:${"a".repeat(64)}`), complies);
    deepEqual(pinned("registry:5000/envoyproxy/envoy"), {
      findings: [
        "containerDefinitions[0].image: registry:5000/envoyproxy/envoy names no version; name a version or a digest.",
      ],
    });
    deepEqual(pinned("envoyproxy/envoy:latest"), {
      findings: [
        "containerDefinitions[0].image: envoyproxy/envoy:latest is whatever is newest; name a version or a digest.",
      ],
    });
  });

  it("leaves the images of applications alone", () => {
    deepEqual(said(sidecarImagePinned, task([envoy, { ...app, image: "shop" }])), complies);
  });

  it("finds what is older than asked for", () => {
    deepEqual(pinned("aws-appmesh-envoy:v1.34.13.3-prod", "1.34.13"), complies);
    deepEqual(pinned("envoy:v1.40.0", "1.40"), complies);
    deepEqual(pinned("envoy:v10.2.0", "9.9"), complies);
    deepEqual(pinned("envoy:v1.40.1", "1.40.2"), {
      findings: ["containerDefinitions[0].image: v1.40.1 is older than 1.40.2; take 1.40.2 or newer."],
    });
    deepEqual(pinned("envoy:v2.0", "1.40.1"), complies);
    deepEqual(pinned("envoy:distroless", "1.40"), {
      findings: [
        "containerDefinitions[0].image: distroless does not tell whether it is older than 1.40; name a tag with the version, or a digest.",
      ],
    });
    const digest = `@sha256:${"1.2".repeat(20)}`;
    deepEqual(pinned(`envoy${digest}`, "1.40"), complies);
    deepEqual(pinned(`envoy:distroless${digest}`, "1.40"), complies);
    deepEqual(pinned(`envoy:v1.40.0${digest}`, "1.40"), complies);
    deepEqual(pinned(`envoy:v1.39.0${digest}`, "1.40"), {
      findings: ["containerDefinitions[0].image: v1.39.0 is older than 1.40; take 1.40 or newer."],
    });
    deepEqual(pinned("envoy:v1.4.9", "1.40"), {
      findings: ["containerDefinitions[0].image: v1.4.9 is older than 1.40; take 1.40 or newer."],
    });
  });
});

describe("sidecar-not-root", () => {
  const root = (user: string | undefined, more?: object) =>
    said(sidecarNotRoot, task([app, { ...envoy, user }], more));

  it("finds root, and proxies of tasks that do not say who they are", () => {
    deepEqual(root("1337:1337"), complies);
    deepEqual(root("0"), { findings: ["containerDefinitions[1].user: 0 is root; set it to 1337."] });
    deepEqual(root("root:root"), {
      findings: ["containerDefinitions[1].user: root:root is root; set it to 1337."],
    });
    deepEqual(root(undefined), {
      findings: ["containerDefinitions[1].user: the image decides who the proxy is; set it to 1337."],
    });
    deepEqual(root(undefined, {}), complies);
  });

  it("finds root whatever is not known of the redirection", () => {
    const containers = [app, { ...envoy, user: "0" }, { ...envoy, name: "other", user: undefined }];
    deepEqual(said(sidecarNotRoot, task(containers, { proxyConfiguration: unknownObject })), {
      findings: ["containerDefinitions[1].user: 0 is root; set it to 1337."],
      open: ["proxyConfiguration"],
    });
  });

  it("looks at pods and their containers", () => {
    deepEqual(said(sidecarNotRoot, deployment({}, { securityContext: { runAsNonRoot: true } })), complies);
    deepEqual(
      said(
        sidecarNotRoot,
        deployment({ securityContext: { runAsUser: 0 } }, { securityContext: { runAsUser: 5 } }),
      ),
      {
        findings: ["spec.template.spec.containers[1].securityContext.runAsUser: 0 is root; set it to 1337."],
      },
    );
    deepEqual(said(sidecarNotRoot, deployment({ securityContext: unknownObject })), {
      open: ["spec.template.spec.containers[1].securityContext"],
    });
  });
});

describe("sidecar-redirection", () => {
  const redirected = (properties: object, containerName = "envoy") =>
    said(sidecarRedirection, task([app, envoy], { proxyConfiguration: { containerName, properties } }));

  it("finds redirections that take the proxy's own traffic", () => {
    deepEqual(redirected({ IgnoredUID: "1338" }), {
      findings: [
        "proxyConfiguration.properties.IgnoredUID: user 1338 is ignored, and the proxy runs as 1337; set IgnoredUID and the container's user to the same, such as 1337.",
      ],
    });
    deepEqual(redirected({}), {
      findings: [
        "proxyConfiguration.properties.IgnoredUID: no user is ignored, and the proxy runs as 1337; set IgnoredUID and the container's user to the same, such as 1337.",
      ],
    });
    deepEqual(
      said(
        sidecarRedirection,
        task([app, { ...envoy, user: undefined }], {
          proxyConfiguration: { containerName: "envoy", properties: {} },
        }),
      ),
      {
        findings: [
          "proxyConfiguration.properties.IgnoredUID: no user is ignored, and the proxy runs as whoever its image says; set IgnoredUID and the container's user to the same, such as 1337.",
        ],
      },
    );
    deepEqual(redirected({ IgnoredUID: "1337" }, "proxy"), {
      findings: [
        "proxyConfiguration.containerName: there is no container proxy; name the proxy's container.",
      ],
    });
  });

  it("takes a group that is ignored for the user, as ECS does", () => {
    const ignoring = (properties: object, user: string) =>
      said(
        sidecarRedirection,
        task([app, { ...envoy, user }], { proxyConfiguration: { containerName: "envoy", properties } }),
      );
    deepEqual(ignoring({ IgnoredGID: "1338" }, "1337:1338"), complies);
    deepEqual(ignoring({ IgnoredUID: "", IgnoredGID: "1338" }, "1337:1338"), complies);
    deepEqual(ignoring({ IgnoredUID: "1", IgnoredGID: "1338" }, "1337:1338"), complies);
    deepEqual(ignoring({ IgnoredGID: "1338" }, "1338"), {
      findings: [
        "proxyConfiguration.properties.IgnoredGID: group 1338 is ignored, and the proxy runs as 1338; set IgnoredUID and the container's user to the same, such as 1337.",
      ],
    });
    deepEqual(ignoring({ IgnoredUID: "2", IgnoredGID: "3" }, "1337:1338"), {
      findings: [
        "proxyConfiguration.properties.IgnoredUID: user 2 and group 3 are ignored, and the proxy runs as 1337:1338; set IgnoredUID and the container's user to the same, such as 1337.",
      ],
    });
  });

  it("says nothing where ECS redirects nothing", () => {
    const reason = { notApplicable: "nothing is redirected by ECS" };
    deepEqual(said(sidecarRedirection, task([app, envoy], {})), reason);
    deepEqual(said(sidecarRedirection, deployment({})), reason);
    deepEqual(said(sidecarRedirection, task([app, envoy], { proxyConfiguration: unknownObject })), {
      open: ["proxyConfiguration"],
    });
  });
});

describe("sidecar-not-bypassed", () => {
  const beside = (container: object, properties: object = { IgnoredUID: "1337" }, proxy: object = envoy) =>
    said(
      sidecarNotBypassed,
      task([{ ...app, ...container }, proxy], { proxyConfiguration: { containerName: "envoy", properties } }),
    );
  const found = {
    findings: [
      "containerDefinitions[0].user: app runs as 1337, whose traffic is not redirected to the proxy; give it another user.",
    ],
  };

  it("finds applications that run as the proxy does", () => {
    deepEqual(beside({ user: "1337" }), found);
    deepEqual(beside({ user: "1337:1000" }), found);
    deepEqual(beside({ user: 1337 }), found);
    for (const user of [undefined, "1000", "1000:1337", "13370", "root"])
      deepEqual(beside({ user }), complies);
    deepEqual(beside({ user: "1337" }, { IgnoredGID: "1337" }), complies);
    deepEqual(beside({}, {}), complies);
    const mystery = { ...app, user: unknownText };
    const properties = { IgnoredUID: "1337" };
    deepEqual(
      said(
        sidecarNotBypassed,
        read("aws:ecs/taskDefinition:TaskDefinition", {
          containerDefinitions: [mystery, envoy],
          proxyConfiguration: { containerName: "envoy", properties },
        }),
      ),
      { open: ["containerDefinitions[0].user"] },
    );
  });

  it("finds applications of a group that is left out", () => {
    const grouped = { ...envoy, user: "1000:1337" };
    const properties = { IgnoredGID: "1337" };
    deepEqual(beside({ user: "5:1337" }, properties, grouped), {
      findings: [
        "containerDefinitions[0].user: app runs as group 1337, whose traffic is not redirected to the proxy; give it another group.",
      ],
    });
    deepEqual(beside({ user: "1337:1337" }, { ...properties, IgnoredUID: "1337" }), found);
    for (const user of [undefined, "1337", "1337:1000", "5:13370"])
      deepEqual(beside({ user }, properties, grouped), complies, user);
  });

  it("leaves those be that serve the proxy or the task", () => {
    const user = "1337";
    deepEqual(beside({ user, name: "xray-daemon" }), complies);
    deepEqual(beside({ user, image, name: "drain" }), complies);
    deepEqual(beside({ user, firelensConfiguration: { type: "fluentbit" } }), complies);
    const after = { ...envoy, dependsOn: [{ containerName: "app", condition: "SUCCESS" }] };
    deepEqual(beside({ user, dependsOn: [] }, { IgnoredUID: "1337" }, after), complies);
  });

  it("finds that every address is left out", () => {
    const ignoring = (EgressIgnoredIPs: string) => beside({}, { IgnoredUID: "1337", EgressIgnoredIPs });
    for (const single of ["", "169.254.170.2,169.254.169.254", "10.0.0.0/8, fd00::/80", "10.0.0.0/10"])
      deepEqual(ignoring(single), complies, single);
    for (const all of ["0.0.0.0/0", "169.254.170.2, ::/0"])
      deepEqual(ignoring(all), {
        findings: [
          `proxyConfiguration.properties.EgressIgnoredIPs: ${all.replace(" ", "")} leaves out every address; leave out single addresses.`,
        ],
      });
  });

  it("says nothing where ECS redirects nothing", () => {
    const reason = { notApplicable: "nothing is redirected by ECS" };
    deepEqual(said(sidecarNotBypassed, task([app, envoy], {})), reason);
    deepEqual(said(sidecarNotBypassed, deployment({})), reason);
  });
});

describe("sidecar-essential", () => {
  it("finds tasks that go on without their proxy", () => {
    deepEqual(
      said(
        sidecarEssential,
        task([
          { ...app, essential: false },
          { ...envoy, essential: undefined },
        ]),
      ),
      complies,
    );
    deepEqual(said(sidecarEssential, task([app, { ...envoy, essential: false }])), {
      findings: [
        "containerDefinitions[1].essential: the task goes on when its proxy has ended; set it to true.",
      ],
    });
    deepEqual(said(sidecarEssential, deployment({})), {
      notApplicable: "every container of a pod is started again",
    });
  });
});

describe("sidecar-health-checked", () => {
  it("finds proxies that nobody asks", () => {
    deepEqual(said(sidecarHealthChecked, task([app, { ...envoy, healthCheck: undefined }])), {
      findings: ["containerDefinitions[1].healthCheck: nobody asks whether the proxy is ready; give one."],
    });
    deepEqual(said(sidecarHealthChecked, deployment({})), {
      findings: [
        "spec.template.spec.containers[1].readinessProbe: nobody asks whether the proxy is ready; give one.",
      ],
    });
    for (const probe of ["livenessProbe", "startupProbe"])
      deepEqual(said(sidecarHealthChecked, deployment({ [probe]: {} })), complies);
  });
});

describe("sidecar-start-order", () => {
  it("finds applications that do not wait, and lets those be for which the proxy waits", () => {
    const tracer = { name: "xray-daemon", image: "xray:1" };
    const dependsOn = [
      { containerName: "envoy", condition: "START" },
      { containerName: "x", condition: "HEALTHY" },
    ];
    const early =
      "may start before envoy is healthy; give dependsOn with containerName envoy and condition HEALTHY.";
    deepEqual(
      said(sidecarStartOrder, task([tracer, envoy, { ...app, dependsOn }, { name: "late", image: "x" }])),
      {
        findings: [
          `containerDefinitions[2].dependsOn: app ${early}`,
          `containerDefinitions[3].dependsOn: late ${early}`,
        ],
      },
    );
    deepEqual(said(sidecarStartOrder, task([tracer, envoy]), { others: [] }), {
      findings: [`containerDefinitions[0].dependsOn: xray-daemon ${early}`],
    });
    for (const name of ["datadog-agent", "jaeger"])
      deepEqual(said(sidecarStartOrder, task([{ name, image: "x" }, envoy])), complies);
    deepEqual(said(sidecarStartOrder, deployment({})), {
      notApplicable: "containers of a pod start in their order",
    });
  });

  it("is content with what waits for a container that waits", () => {
    const waiting = (name: string, ...dependsOn: object[]) => ({ name, image: "x", dependsOn });
    const on = (containerName: string, condition: string) => ({ containerName, condition });
    const migration = waiting("migrate", on("envoy", "HEALTHY"));
    const web = waiting("web", on("other", "START"), on("migrate", "SUCCESS"));
    const other = waiting("other", on("web", "START"), on("nobody", "START"));
    deepEqual(
      said(sidecarStartOrder, task([waiting("last", on("web", "START")), web, migration, envoy])),
      complies,
    );
    deepEqual(said(sidecarStartOrder, task([web, other, migration, envoy])), complies);
    const late = said(sidecarStartOrder, task([web, other, { ...migration, dependsOn: [] }, envoy]));
    deepEqual(late?.findings?.length, 3);
    // It is not enough that another waits.
    const free = said(sidecarStartOrder, task([waiting("free"), migration, envoy]));
    deepEqual(free?.findings?.length, 1);
  });
});

describe("sidecar-no-plain-secrets", () => {
  it("finds secrets by their names, and leaves alone what only points to them", () => {
    const environment = [
      { name: "DB_PASSWORD", value: "x" },
      { name: "AWS_SECRET_ACCESS_KEY", value: "x" },
      { name: "TOKEN", value: "" },
      { name: "SECRET_NAME", value: "x" },
      { name: "TOKENS_PER_SECOND", value: "5" },
      { name: "API_KEY_FILE", value: "/x" },
      { name: "SESSION_TOKEN", value: unknownText },
    ];
    deepEqual(said(sidecarNoPlainSecrets, task([{ ...app, environment: environment.slice(0, -1) }, envoy])), {
      findings: [
        "containerDefinitions[0].environment[0].value: DB_PASSWORD stands there in plain text; give it by secrets.",
        "containerDefinitions[0].environment[1].value: AWS_SECRET_ACCESS_KEY stands there in plain text; give it by secrets.",
      ],
    });
    const env = [
      { name: "API_KEY", valueFrom: { secretKeyRef: {} } },
      { name: "TOKEN", value: "x" },
    ];
    deepEqual(said(sidecarNoPlainSecrets, deployment({ env })), {
      findings: [
        "spec.template.spec.containers[1].env[1].value: TOKEN stands there in plain text; give it by valueFrom.secretKeyRef.",
      ],
    });
  });

  const isFound = (name: string, value: string) =>
    said(sidecarNoPlainSecrets, task([{ ...app, environment: [{ name, value }] }, envoy]))?.findings !==
    undefined;

  it("knows secrets by what they are called in any spelling", () => {
    for (const name of [
      ...[
        "DB_PASSWORD",
        "db.password",
        "dbPassword",
        "PGPASSWORD",
        "SPRING_DATASOURCE_PASSWORD",
        "MYSQL_PWD",
      ],
      ...[
        "API_KEY",
        "apiKey",
        "STRIPE_APIKEY",
        "SECRET_KEY_BASE",
        "secretKey",
        "clientSecret",
        "ENCRYPTION_KEY",
      ],
      ...[
        "GITHUB_TOKEN",
        "GITHUB_TOKEN_2",
        "session-token",
        "DB_PASSWORD_PROD",
        "SSH_PASSPHRASE",
        "DB_CREDENTIALS",
      ],
    ])
      deepEqual([name, isFound(name, "hunter2")], [name, true]);
  });

  it("leaves alone what says where secrets are, and how they are dealt with", () => {
    for (const variable of [
      ...[
        "SECRET_ROTATION_DAYS=30",
        "PASSWORD_MIN_LENGTH=8",
        "TOKEN_EXPIRY=1h",
        "TOKEN_ISSUER=me",
        "SECRET_ID=db",
      ],
      ...[
        "REQUIRE_PASSWORD=true",
        "ENABLE_SECRET=Off",
        "DB_PASSWORD=/prod/db/password",
        "DB_PASSWORD=$(OTHER)",
      ],
      ...[
        "DB_PASSWORD=arn:aws:secretsmanager:eu-west-1:1:secret:db",
        "API_TOKEN=vault://kv/api#token",
        "PWD=/app",
      ],
      ...[
        "DB_PASSWORD=$" + "{OTHER}",
        "GOOGLE_APPLICATION_CREDENTIALS=/key.json",
        "TOKENIZER=bpe",
        "KEY=x",
        "SECRETARY=Ann",
        "NEXT_PUBLIC_MAP_TOKEN=pk.x",
        "VITE_API_KEY=x",
      ],
    ]) {
      const [name = "", value = ""] = variable.split("=");
      deepEqual([variable, isFound(name, value)], [variable, false]);
    }
  });

  it("knows values that are secret whatever they are called", () => {
    const found = (...values: string[]) => values.map((value) => isFound("VALUE", value));
    const key = "-----BEGIN RSA PRIVATE KEY-----\nMII";
    deepEqual(found(key, "-----BEGIN PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----"), [true, true, false]);
    deepEqual(found("postgres://shop:hunter2@db:5432/shop", "redis://:hunter2@cache"), [true, true]);
    deepEqual(
      found("postgres://shop@db/shop", "http://db:80/a:b@c", "postgres://shop:$(PASSWORD)@db", "a:b@c"),
      [false, false, false, false],
    );
    deepEqual(found("ghp_abc", "github_pat_a", "xoxb-1", "sk_live_a"), [true, true, true, true]);
    deepEqual(found("sk_test_a", "ghp", "see ghp_abc"), [false, false, false]);
    deepEqual(found("eyJhbGci.eyJzdWIi.c2ln-_", "eyJhbGci.eyJzdWIi", "x.eyJzdWIi.c2ln"), [
      true,
      false,
      false,
    ]);
  });
});
