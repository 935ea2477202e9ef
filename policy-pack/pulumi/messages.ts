import type { Level, Severity } from "../rule.js";
import type { Answer, Diagnostic, Given, NotApplicable, Remediation } from "./analyzer.js";
import type { Policy } from "./policies.js";
import { messages, struct } from "./protocol.js";
import { type StackResource, scopeOf } from "./subjects.js";

/** Name and version of the pack, which go with everything that it says. */
export interface PackName {
  readonly name: string;
  readonly version: string;
}

type Properties = Parameters<typeof struct.Struct.fromJavaScript>[0];
const toStruct = (value: unknown) => struct.Struct.fromJavaScript(structuredClone(value) as Properties);
const fromStruct = (value: struct.Struct | undefined) => value?.toJavaScript() ?? {};

const { EnforcementLevel, PolicySeverity, PolicyType } = messages;
const levels = {
  advisory: EnforcementLevel.ADVISORY,
  mandatory: EnforcementLevel.MANDATORY,
  remediate: EnforcementLevel.REMEDIATE,
  disabled: EnforcementLevel.DISABLED,
} as const satisfies Record<Level, messages.EnforcementLevel>;
const levelNames = new Map(Object.entries(levels).map(([name, value]) => [value, name as Level]));
const severities = {
  low: PolicySeverity.POLICY_SEVERITY_LOW,
  medium: PolicySeverity.POLICY_SEVERITY_MEDIUM,
  high: PolicySeverity.POLICY_SEVERITY_HIGH,
  critical: PolicySeverity.POLICY_SEVERITY_CRITICAL,
} as const satisfies Record<Severity, messages.PolicySeverity>;

export const resourceOf = (
  request: messages.AnalyzeRequest,
): { readonly urn: string; readonly type: string; readonly props: object } => ({
  urn: request.getUrn(),
  type: request.getType(),
  props: fromStruct(request.getProperties()),
});

export const stackOf = (request: messages.AnalyzeStackRequest): readonly StackResource[] =>
  request.getResourcesList().map((resource) => ({
    urn: resource.getUrn(),
    type: resource.getType(),
    get scope() {
      const provider = resource.getProvider();
      return provider ? scopeOf({ urn: provider.getUrn(), props: fromStruct(provider.getProperties()) }) : "";
    },
    // Nearly all resources of a stack are none of ours: only those that are looked at are read.
    get props() {
      return fromStruct(resource.getProperties());
    },
    get propertyDependencies() {
      const all: Record<string, readonly string[]> = {};
      resource.getPropertydependenciesMap().forEach((from, property) => {
        all[property] = from.getUrnsList();
      });
      return all;
    },
  }));

export function givenIn(request: messages.ConfigureAnalyzerRequest): ReadonlyMap<string, Given> {
  const given = new Map<string, Given>();
  request.getPolicyconfigMap().forEach((config, name) => {
    const level = levelNames.get(config.getEnforcementlevel());
    given.set(name, { ...(level && { level }), settings: fromStruct(config.getProperties()) });
  });
  return given;
}

export function info({ name, version }: PackName, policies: readonly Policy[]): messages.AnalyzerInfo {
  const answer = new messages.AnalyzerInfo();
  answer.setName(name).setVersion(version).setSupportsconfig(true);
  for (const policy of policies) {
    answer.addPolicies(policyInfo(policy));
    const config = new messages.PolicyConfig().setEnforcementlevel(levels[policy.level]);
    if (Object.keys(policy.initial).length > 0) config.setProperties(toStruct(policy.initial));
    answer.getInitialconfigMap().set(policy.name, config);
  }
  return answer;
}

function policyInfo(policy: Policy): messages.PolicyInfo {
  const answer = new messages.PolicyInfo()
    .setName(policy.name)
    .setDisplayname(policy.displayName)
    .setDescription(policy.description)
    .setSeverity(severities[policy.severity])
    .setEnforcementlevel(levels[policy.level])
    .setPolicyType(policy.type === "stack" ? PolicyType.POLICY_TYPE_STACK : PolicyType.POLICY_TYPE_RESOURCE)
    .setTagsList([...policy.tags])
    .setRemediationSteps(policy.remediationSteps)
    .setUrl(policy.url);
  if (Object.keys(policy.settings).length > 0)
    answer.setConfigschema(new messages.PolicyConfigSchema().setProperties(toStruct(policy.settings)));
  if (policy.framework) {
    const { name, version, reference } = policy.framework;
    answer.setFramework(
      new messages.PolicyComplianceFramework()
        .setName(name)
        .setVersion(version)
        .setReference(reference)
        .setSpecification(reference),
    );
  }
  return answer;
}

export function analyzed(pack: PackName, { diagnostics, notApplicable }: Answer): messages.AnalyzeResponse {
  return new messages.AnalyzeResponse()
    .setDiagnosticsList(diagnostics.map((each) => diagnosticOf(pack, each)))
    .setNotApplicableList(notApplicable.map(notApplicableOf));
}

function diagnosticOf({ name, version }: PackName, told: Diagnostic): messages.AnalyzeDiagnostic {
  const answer = new messages.AnalyzeDiagnostic()
    .setPolicyname(told.policy)
    .setPolicypackname(name)
    .setPolicypackversion(version)
    .setDescription(told.description)
    .setMessage(`${told.description}\n${told.message}`)
    .setEnforcementlevel(levels[told.level])
    .setSeverity(severities[told.severity]);
  return told.urn === undefined ? answer : answer.setUrn(told.urn);
}

const notApplicableOf = ({ policy, reason }: NotApplicable): messages.PolicyNotApplicable =>
  new messages.PolicyNotApplicable().setPolicyName(policy).setReason(reason);

export function remediated(
  { name, version }: PackName,
  {
    remediations,
    notApplicable,
  }: { readonly remediations: readonly Remediation[]; readonly notApplicable: readonly NotApplicable[] },
): messages.RemediateResponse {
  return new messages.RemediateResponse()
    .setRemediationsList(
      remediations.map(({ policy, description, props }) =>
        new messages.Remediation()
          .setPolicyname(policy)
          .setPolicypackname(name)
          .setPolicypackversion(version)
          .setDescription(description)
          .setProperties(toStruct(props)),
      ),
    )
    .setNotApplicableList(notApplicable.map(notApplicableOf));
}
