import { readFileSync } from "node:fs";
import type { Connection } from "../client/http.js";
import type { Failure } from "../resources/check.js";
import { type Setting, type SettingName, settings, type TextSettingName } from "./configuration.js";
import { containsUnknown, type ObjectValue, reveal } from "./values.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the engine itself puts among a provider's inputs. */
const ENGINES_OWN = ["version", "pluginDownloadURL", "__internal"];

/**
 * The connection that the settings describe, with the environment behind them and the defaults behind that,
 * and everything that is wrong with them. There is no connection while a setting is unknown or wrong.
 */
export function resolveConnection(
  inputs: ObjectValue,
  environment: Environment,
): { connection?: Connection; failures: readonly Failure[] } {
  const failures: Failure[] = [];
  const fail = (property: string, reason: string) => void failures.push({ property, reason });

  for (const name of Object.keys(inputs)) {
    if (name in settings || ENGINES_OWN.includes(name)) continue;
    fail(name, `it is not a setting of this provider; ${Object.keys(settings).join(", ")} are.`);
  }
  const get = (name: TextSettingName): string | undefined => {
    const value = reveal(inputs[name] ?? null);
    if (value === null || value === "") return fromEnvironment(settings[name], environment);
    if (typeof value === "string" || typeof value === "number") return String(value);
    fail(name, `${settings[name].type === "integer" ? "an integer" : "a text"} is expected.`);
    return undefined;
  };

  const region = get("region") ?? settings.region.default;
  if (!/^[a-z0-9-]{1,64}$/.test(region)) {
    fail(
      "region",
      `${JSON.stringify(region)} was given; small letters, digits and hyphens are allowed, such as us-east-1.`,
    );
  }
  const table = tableOf(get("table"), inputs, fail);
  const draft = {
    endpoint: endpoint(get("endpoint") ?? settings.endpoint.default, fail),
    region,
    key: key(get("accessKeyId"), get("secretAccessKey"), fail),
    caCertificate: caCertificate(get("caCertificate"), fail),
    maxRetries: maxRetries(get("maxRetries") ?? String(settings.maxRetries.default), fail),
  };
  if (failures.length > 0 || containsUnknown(inputs)) {
    return { failures: failures.filter(({ property }) => !containsUnknown(inputs[property] ?? null)) };
  }
  const { key: accessKey, caCertificate: ca, ...rest } = draft;
  return {
    connection: {
      ...rest,
      ...(accessKey && { key: accessKey }),
      ...(ca && { caCertificate: ca }),
      ...(table !== undefined && { table }),
    },
    failures,
  };
}

type Fail = (property: SettingName, reason: string) => void;

function fromEnvironment({ environment: names }: Setting, environment: Environment): string | undefined {
  return names.map((name) => environment[name]).find((value) => value !== undefined && value !== "");
}

/** A program that names one of the two has decided, whatever the environment says of the other. */
function tableOf(table: string | undefined, inputs: ObjectValue, fail: Fail): string | undefined {
  const isGiven = (name: SettingName) =>
    ![undefined, null, ""].includes(reveal(inputs[name] ?? null) as null);
  if (table === undefined || (isGiven("endpoint") && !isGiven("table"))) return undefined;
  if (isGiven("endpoint")) {
    fail("table", "it was given beside endpoint; give the one by which the mesh is to be reached.");
  } else if (!/^[a-zA-Z0-9_.-]{3,255}$/.test(table)) {
    fail(
      "table",
      `${JSON.stringify(table)} was given; the name of a DynamoDB table has 3 to 255 letters, digits, dots, hyphens and underscores.`,
    );
  }
  return table;
}

function endpoint(text: string, fail: Fail): string {
  const url = URL.parse(text);
  const refused = (why: string) => fail("endpoint", `${JSON.stringify(text)} was given; ${why}`);
  if (url === null || !/^https?:$/.test(url.protocol))
    refused("an address such as http://127.0.0.1:7070 or https://mesh.example.com is expected.");
  else if (url.username !== "" || url.password !== "")
    refused("a user name or password has no place in it; use accessKeyId and secretAccessKey.");
  else if (url.search !== "" || url.hash !== "")
    refused("it ends after the path; leave out what follows ? or #.");
  return text.replace(/\/+$/, "");
}

function key(
  accessKeyId: string | undefined,
  secretAccessKey: string | undefined,
  fail: Fail,
): Connection["key"] {
  if (accessKeyId !== undefined && secretAccessKey === undefined) {
    fail(
      "secretAccessKey",
      "nothing was given; it is required with accessKeyId (or set APPMESH_SECRET_ACCESS_KEY).",
    );
  }
  if (secretAccessKey !== undefined && accessKeyId === undefined) {
    fail(
      "accessKeyId",
      "nothing was given; it is required with secretAccessKey (or set APPMESH_ACCESS_KEY_ID).",
    );
  }
  return accessKeyId !== undefined && secretAccessKey !== undefined
    ? { accessKeyId, secretAccessKey }
    : undefined;
}

function caCertificate(given: string | undefined, fail: Fail): string | undefined {
  if (given === undefined || given.includes("-----BEGIN CERTIFICATE-----")) return given;
  try {
    const text = readFileSync(given, "utf8");
    if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
    fail(
      "caCertificate",
      `the file ${given} holds no certificate; it must begin with -----BEGIN CERTIFICATE-----.`,
    );
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? "it cannot be read";
    fail(
      "caCertificate",
      `it is neither PEM text nor a file that can be read (${given.slice(0, 100)}: ${reason}).`,
    );
  }
  return undefined;
}

function maxRetries(text: string, fail: Fail): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(count >= 0 && count <= 20))
    fail("maxRetries", `${JSON.stringify(text)} was given; an integer from 0 to 20 is allowed.`);
  return count;
}
