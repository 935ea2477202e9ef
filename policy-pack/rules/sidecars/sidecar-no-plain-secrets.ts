import { rule } from "../../rule.js";
import { ecs } from "../links.js";

/** What secrets are called, and what is called alike without being one: it says where a secret is, or how secrets are dealt with. */
const secret =
  /(^|_)(secret|token|[a-z]*password|passwd|passphrase|(?<=_)pwd|credentials?|(private|api|encryption|signing|master)_?key|secret_?(access_?)?key)(_|\d|$)/;
const harmless =
  /_(file|path|dir|name|arn|id|url|uri|endpoint|host|port|region|version|type|header|field|prefix|issuer|audience|algorithm|policy|provider|store|manager|enabled|required|ttl|expiry|expiration|expires|duration|timeout|interval|rotation|days|hours|minutes|seconds|length|size|limit|rate|count|min|max)$/;
/** What tools of web pages put into what every browser gets. */
const published = /^(next_public|nuxt_public|react_app|vite|expo_public|gatsby)_/;
/** Switches, and what names a secret that is elsewhere. */
const elsewhere =
  /^(true|false|yes|no|on|off|none|enabled|disabled|arn:aws[\w-]*:.*|\$\(.*\)|\$\{.*\}|[a-z][\w+.-]*:\/\/[^@]*|(\/[\w.-]+)+)$/i;

/** Values that are secret whatever they are called: keys, tokens, and addresses with a password in them. */
const secretValue =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----|^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$|^(gh[opusr]_|github_pat_|xox[abprs]-|sk_live_)\w|^[a-z][\w+.-]*:\/\/[^/\s:@]*:[^/\s:@$][^/\s@]*@/i;

/** `dbPassword` and `db.password` as `db_password`. */
const wordsOf = (name: string): string =>
  name
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .replace(/[.:-]/g, "_")
    .toLowerCase();

const isSecret = (name: string, value: string): boolean => {
  if (secretValue.test(value)) return true;
  const words = wordsOf(name);
  return (
    value !== "" &&
    secret.test(words) &&
    !harmless.test(words) &&
    !published.test(words) &&
    !elsewhere.test(value)
  );
};

export const sidecarNoPlainSecrets = rule({
  name: "sidecar-no-plain-secrets",
  title: "Secrets are not for all to read",
  family: "sidecars",
  severity: "critical",
  what: "No container beside a proxy has a secret in a plain environment variable.",
  why: "Whoever may describe the task definition or the pod reads it, and so does every log of what was deployed.",
  remediation: [
    "Use secrets with a parameter or Secrets Manager (ECS), or valueFrom.secretKeyRef (Kubernetes).",
  ],
  link: ecs("specifying-sensitive-data.html"),
  level: "mandatory",
  frameworks: [
    { name: "NIST SP 800-53", version: "5", reference: "IA-5(7)" },
    { name: "PCI DSS", version: "4.0.1", reference: "8.6.2" },
  ],
  settings: {},
  kinds: ["workload"],
  check({ form, containers }, judge) {
    judge.each(containers, [], ({ environment }) => {
      judge.each(environment, [], ({ name, value, path }) => {
        if (!isSecret(name, value)) return;
        judge.find(path, {
          message: `${name} stands there in plain text`,
          fix: form === "ecs" ? "give it by secrets" : "give it by valueFrom.secretKeyRef",
        });
      });
    });
  },
});
