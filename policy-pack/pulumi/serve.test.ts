// The protocol by which the engine asks, over a real connection.
import { deepEqual, equal, match } from "node:assert/strict";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import type { Rule } from "../rule.js";
import { rules } from "../rules/index.js";
import { type ConfiguredRule, configure } from "../settings.js";
import { empty, messages, rpc, struct } from "./protocol.js";
import { serve } from "./serve.js";

type Struct = Parameters<typeof struct.Struct.fromJavaScript>[0];
const toStruct = (value: object) => struct.Struct.fromJavaScript(value as Struct);
type Method = "analyze" | "analyzeStack" | "remediate" | "configure" | "getAnalyzerInfo" | "getPluginInfo";

describe("the served pack", () => {
  let client: InstanceType<typeof rpc.AnalyzerClient>;
  let close: () => void;
  const exemptions = [{ urn: "urn:none", rules: ["egress-drop-all"], reason: "nothing is like it" }];
  before(async () => {
    const served = await serve(
      { name: "meshes", version: "1.2.3" },
      configure({ rules: { "retry-attempts-bounded": { maximum: 2 } }, exemptions }),
    );
    client = new rpc.AnalyzerClient(`127.0.0.1:${served.port}`, credentials.createInsecure());
    close = served.close;
  });
  after(() => {
    client.close();
    close();
  });

  const call = <Answer>(method: Method, request: object) =>
    new Promise<Answer>((resolve, reject) => {
      const ask = client[method].bind(client) as unknown as (
        request: object,
        done: (error: ServiceError | null, answer: Answer) => void,
      ) => void;
      ask(request, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  const request = (type: string, props: object) =>
    new messages.AnalyzeRequest().setUrn("urn:mesh").setType(type).setProperties(toStruct(props));
  const mesh = (type: string) =>
    request("appmesh:index:Mesh", { meshName: "shop", spec: { egressFilter: { type } } });

  it("lists its rules as Pulumi shows them", async () => {
    const info = (await call<messages.AnalyzerInfo>("getAnalyzerInfo", new empty.Empty())).toObject();
    deepEqual(
      [info.name, info.version, info.supportsconfig, info.policiesList.map(({ name }) => name)],
      ["meshes", "1.2.3", true, [...rules.map(({ name }) => name), "exemptions"]],
    );
    const { configschema, ...bounded } = info.policiesList.find(
      ({ name }) => name === "retry-attempts-bounded",
    ) as messages.PolicyInfo.AsObject;
    deepEqual(bounded, {
      name: "retry-attempts-bounded",
      displayname: "Retries come to an end",
      description: bounded.description,
      message: "",
      enforcementlevel: messages.EnforcementLevel.MANDATORY,
      severity: messages.PolicySeverity.POLICY_SEVERITY_MEDIUM,
      policyType: messages.PolicyType.POLICY_TYPE_RESOURCE,
      tagsList: ["retries"],
      remediationSteps: bounded.remediationSteps,
      url: bounded.url,
      framework: undefined,
    });
    deepEqual(configschema?.requiredList, []);
    const shut = info.policiesList.find(({ name }) => name === "egress-drop-all");
    deepEqual(shut?.framework, {
      name: "NIST SP 800-53",
      version: "5",
      reference: "SC-7(5)",
      specification: "SC-7(5)",
    });
    equal(shut?.configschema, undefined);
    const stack = info.policiesList.find(({ name }) => name === "services-used");
    deepEqual(stack?.policyType, messages.PolicyType.POLICY_TYPE_STACK);
  });

  it("gives its settings as what Pulumi starts from, and their schemas", async () => {
    const info = await call<messages.AnalyzerInfo>("getAnalyzerInfo", new empty.Empty());
    const bounded = info.getInitialconfigMap().get("retry-attempts-bounded");
    deepEqual(
      [bounded?.getEnforcementlevel(), bounded?.getProperties()?.toJavaScript()],
      [messages.EnforcementLevel.MANDATORY, { maximum: 2 }],
    );
    const [policy] = info.getPoliciesList().filter((each) => each.getName() === "retry-attempts-bounded");
    const schema = policy?.getConfigschema()?.getProperties()?.toJavaScript() as {
      maximum: { type: string; default: number };
    };
    deepEqual([schema.maximum.type, schema.maximum.default], ["integer", 3]);
    equal(info.getInitialconfigMap().get("egress-drop-all")?.hasProperties(), false);
    const plugin = await call<{ getVersion(): string }>("getPluginInfo", new empty.Empty());
    equal(plugin.getVersion(), "1.2.3");
  });

  it("answers with findings and with what does not apply", async () => {
    const { diagnosticsList, notApplicableList } = (
      await call<messages.AnalyzeResponse>("analyze", mesh("ALLOW_ALL"))
    ).toObject();
    deepEqual(
      diagnosticsList.filter(({ policyname }) => policyname === "egress-drop-all"),
      [
        {
          policyname: "egress-drop-all",
          policypackname: "meshes",
          policypackversion: "1.2.3",
          description:
            "The egress filter of a mesh is DROP_ALL. With ALLOW_ALL a program that was broken into sends what it likes to where it likes, and past every rule of the mesh.",
          message:
            "The egress filter of a mesh is DROP_ALL. With ALLOW_ALL a program that was broken into sends what it likes to where it likes, and past every rule of the mesh.\n" +
            "spec.egressFilter.type: ALLOW_ALL lets traffic out to any address; set it to DROP_ALL.",
          enforcementlevel: messages.EnforcementLevel.MANDATORY,
          urn: "urn:mesh",
          severity: messages.PolicySeverity.POLICY_SEVERITY_HIGH,
        },
      ],
    );
    deepEqual(
      notApplicableList.filter(({ policyName }) => policyName === "tls-listener-strict"),
      [{ policyName: "tls-listener-strict", reason: "it is about virtualNode" }],
    );
  });

  it("follows what Pulumi configures, in analysis and remediation", async () => {
    const configure = new messages.ConfigureAnalyzerRequest();
    configure
      .getPolicyconfigMap()
      .set(
        "egress-drop-all",
        new messages.PolicyConfig().setEnforcementlevel(messages.EnforcementLevel.REMEDIATE),
      );
    const attempts = new messages.PolicyConfig()
      .setEnforcementlevel(messages.EnforcementLevel.ADVISORY)
      .setProperties(toStruct({ maximum: 5 }));
    configure.getPolicyconfigMap().set("retry-attempts-bounded", attempts);
    await call("configure", configure);
    const { remediationsList, notApplicableList } = (
      await call<messages.RemediateResponse>("remediate", mesh("ALLOW_ALL"))
    ).toObject();
    deepEqual(
      remediationsList.map(({ policyname, policypackname, policypackversion, diagnostic }) => [
        policyname,
        policypackname,
        policypackversion,
        diagnostic,
      ]),
      [["egress-drop-all", "meshes", "1.2.3", ""]],
    );
    deepEqual(notApplicableList, []);
    const response = await call<messages.RemediateResponse>("remediate", mesh("ALLOW_ALL"));
    deepEqual(response.getRemediationsList()[0]?.getProperties()?.toJavaScript(), {
      meshName: "shop",
      spec: { egressFilter: { type: "DROP_ALL" } },
    });
    const retried = (maxRetries: number) =>
      request("appmesh:index:Route", {
        spec: {
          httpRoute: {
            match: {},
            action: { weightedTargets: [] },
            retryPolicy: { maxRetries, perRetryTimeout: { value: 1, unit: "s" } },
          },
        },
      });
    const found = async (maxRetries: number) =>
      (await call<messages.AnalyzeResponse>("analyze", retried(maxRetries)))
        .toObject()
        .diagnosticsList.filter(({ policyname }) => policyname === "retry-attempts-bounded")
        .map(({ enforcementlevel }) => enforcementlevel);
    deepEqual(await found(5), []);
    deepEqual(await found(6), [messages.EnforcementLevel.ADVISORY]);
  });

  it("reads a stack with what its properties were computed from", async () => {
    const route = {
      httpRoute: { match: {}, action: { weightedTargets: [{ virtualNode: "web", weight: 1 }] } },
    };
    const awsCloudMap = { namespaceName: "shop.local", serviceName: "web" };
    const resource = (urn: string, type: string, props: object, from: Record<string, string> = {}) => {
      const made = new messages.AnalyzerResource().setUrn(urn).setType(type).setProperties(toStruct(props));
      for (const [property, each] of Object.entries(from))
        made
          .getPropertydependenciesMap()
          .set(property, new messages.AnalyzerPropertyDependencies().setUrnsList([each, "urn:unseen"]));
      return made;
    };
    const stack = new messages.AnalyzeStackRequest().setResourcesList([
      resource("urn:route", "appmesh:index:Route", {
        meshName: "shop",
        virtualRouterName: "web",
        routeName: "all",
        spec: route,
      }),
      resource("urn:node", nodeType, {
        meshName: "shop",
        virtualNodeName: "web",
        spec: { serviceDiscovery: { awsCloudMap } },
      }),
      resource(
        "urn:service",
        "aws:ecs/service:Service",
        { name: "web", desiredCount: 0 },
        { serviceRegistries: "urn:registry" },
      ),
      resource(
        "urn:registry",
        "aws:servicediscovery/service:Service",
        { name: "web" },
        { dnsConfig: "urn:namespace" },
      ),
      resource("urn:namespace", "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace", {
        name: "shop.local",
      }),
    ]);
    const { diagnosticsList } = (await call<messages.AnalyzeResponse>("analyzeStack", stack)).toObject();
    deepEqual(
      diagnosticsList
        .filter(({ policyname }) => ["routes-to-empty-services", "exemptions"].includes(policyname))
        .map(({ urn, message }) => [urn, message.split("\n").at(-1)]),
      [
        [
          "urn:route",
          "spec.httpRoute.action.weightedTargets[0].weight: weight 1 sends traffic to virtual node web, and ECS service web behind it is of size 0; set the weight to 0, or run a copy at least.",
        ],
        [
          "",
          "the exemption from egress-drop-all of urn:none silenced nothing (nothing is like it): delete it if it is not needed any more",
        ],
      ],
    );
  });

  it("tells regions and clusters apart by their providers", async () => {
    const spec = {
      httpRoute: { match: {}, action: { weightedTargets: [{ virtualNode: "web", weight: 1 }] } },
    };
    const resource = (urn: string, region: string) =>
      new messages.AnalyzerResource()
        .setUrn(urn)
        .setType("aws:appmesh/route:Route")
        .setProperties(toStruct({ meshName: "shop", virtualRouterName: "web", name: "all", spec }))
        .setProvider(
          new messages.AnalyzerProviderResource()
            .setUrn(`urn:provider of ${urn}`)
            .setProperties(toStruct({ region })),
        );
    const hidden = async (...regions: string[]) => {
      const stack = new messages.AnalyzeStackRequest().setResourcesList(
        regions.map((region, index) => resource(`urn:${index}`, region)),
      );
      const { diagnosticsList } = (await call<messages.AnalyzeResponse>("analyzeStack", stack)).toObject();
      return diagnosticsList.filter(({ policyname }) => policyname === "routes-reachable").length;
    };
    deepEqual([await hidden("r", "r"), await hidden("r", "s")], [1, 0]);
  });

  it("fails the call for what goes wrong, which stops the engine", async () => {
    const [configured] = configure().rules;
    const rule = {
      ...(configured as ConfiguredRule).rule,
      kinds: ["mesh"],
      check() {
        throw new TypeError("it is broken");
      },
    } as unknown as Rule;
    const broken = await serve(
      { name: "broken", version: "1.0.0" },
      { rules: [{ rule, level: "mandatory", config: {} }], exemptions: [] },
    );
    const own = new rpc.AnalyzerClient(`127.0.0.1:${broken.port}`, credentials.createInsecure());
    const error = await new Promise<ServiceError | null>((resolve) =>
      own.analyze(mesh("DROP_ALL"), (error: ServiceError | null) => resolve(error)),
    );
    own.close();
    broken.close();
    match(error?.details ?? "nothing", /^TypeError: it is broken\n/);
  });
});

const nodeType = "appmesh:index:VirtualNode";
